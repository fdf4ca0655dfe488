/**
 * Collects payloads for as long as one turn of the event loop lasts, and hands them out after it, each channel's in their
 * order: what a shared commit announces travels together.
 */
export function collectTurn(handOut: (payloads: string[], channel: string) => void) {
  let waiting = new Map<string, string[]>()

  function flush(): void {
    const collected = waiting
    waiting = new Map()
    collected.forEach(handOut)
  }

  return (channels: string[], payload: string): void => {
    if (waiting.size === 0) setImmediate(flush)
    for (const channel of channels) {
      const payloads = waiting.get(channel)
      if (payloads === undefined) waiting.set(channel, [payload])
      else payloads.push(payload)
    }
  }
}
