/** What there is of a browser. React Native has a `window` without `addEventListener`, workers have no `document`. */
interface Environment {
  addEventListener?: unknown
  document?: Partial<Document>
}

/**
 * Calls back when the network is back, and when the page becomes visible again: its timers stood still meanwhile, and its
 * connection may be gone without a word. Where there are no such events it does nothing. Returns what ends it.
 */
export function watchNetwork(onChange: () => void): () => void {
  const { document } = globalThis as Environment
  const onVisible = () => {
    if (document?.visibilityState === 'visible') onChange()
  }
  const stopOnline = listen(globalThis, 'online', onChange)
  const stopVisible = listen(document, 'visibilitychange', onVisible)
  return () => {
    stopOnline()
    stopVisible()
  }
}

function listen(target: unknown, event: string, listener: () => void): () => void {
  const { addEventListener, removeEventListener } = (target ?? {}) as Partial<EventTarget>
  if (typeof addEventListener !== 'function' || typeof removeEventListener !== 'function') return () => undefined
  addEventListener.call(target, event, listener)
  return () => removeEventListener.call(target, event, listener)
}
