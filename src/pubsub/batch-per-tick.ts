/**
 * Collects what is published until the next tick, and then hands it out, in order per channel: the events of a group commit
 * are sent together.
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
