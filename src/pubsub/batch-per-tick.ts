/**
 * Collects what is published until all that is ready to run has run, and then hands it out, each channel's in its order:
 * what a shared commit announces travels together.
 */
export function batchPerTick<Item>(handOut: (byChannel: Map<string, Item[]>) => void) {
  let waiting = new Map<string, Item[]>()

  function flush(): void {
    const collected = waiting
    waiting = new Map()
    handOut(collected)
  }

  return (channels: string[], item: Item): void => {
    if (waiting.size === 0) process.nextTick(flush)
    for (const channel of channels) {
      const items = waiting.get(channel)
      if (items === undefined) waiting.set(channel, [item])
      else items.push(item)
    }
  }
}
