/**
 * Collects payloads until all that is ready to run has run, and then hands them out, each channel's in their order: what a
 * shared commit announces travels together.
 */
export function collectTurn(handOut: (payloads: string[], channel: string) => void) {
  let waiting = new Map<string, string[]>()

  function flush(): void {
    const collected = waiting
    waiting = new Map()
    collected.forEach(handOut)
  }

  return (channels: string[], payload: string): void => {
    if (waiting.size === 0) process.nextTick(flush)
    for (const channel of channels) {
      const payloads = waiting.get(channel)
      if (payloads === undefined) waiting.set(channel, [payload])
      else payloads.push(payload)
    }
  }
}
