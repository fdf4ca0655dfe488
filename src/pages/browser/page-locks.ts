import { nameInStorage } from './service.js'

/** Browsers have no locks outside of secure contexts, and old ones have none at all. */
const hasLocks = () => 'locks' in navigator

/**
 * Holds a lock until the returned function is called, or the page is left. Does nothing in a page that is not served by
 * HTTPS, or that may not use locks, such as an embedded page without storage.
 */
export function holdLock(name: string): () => void {
  let release: (() => void) | undefined
  const isReleased = new Promise<void>((resolve) => (release = resolve))
  if (hasLocks()) navigator.locks.request(nameInStorage(name), () => isReleased).catch(() => undefined)
  return () => release?.()
}

/** Waits until no page of this browser holds a lock. Rejects when the signal is aborted. */
export async function waitForLock(name: string, signal: AbortSignal): Promise<void> {
  if (!hasLocks()) return
  try {
    await navigator.locks.request(nameInStorage(name), { signal }, () => undefined)
  } catch (error) {
    // Otherwise the browser denies locks to this page.
    if (signal.aborted) throw error
  }
}
