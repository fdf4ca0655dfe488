import { nameInStorage } from './service.js'

/** Browsers have no locks outside of secure contexts, and old ones have none at all. */
const hasLocks = () => 'locks' in navigator

/** Holds a lock until the returned function is called, or the page is left. Pages that are not served by HTTPS hold none. */
export function holdLock(name: string): () => void {
  let release: (() => void) | undefined
  const isReleased = new Promise<void>((resolve) => (release = resolve))
  if (hasLocks()) void navigator.locks.request(nameInStorage(name), () => isReleased)
  return () => release?.()
}

/** Waits until no page of this browser holds a lock. Rejects when the signal is aborted. */
export async function waitForLock(name: string, signal: AbortSignal): Promise<void> {
  if (hasLocks()) await navigator.locks.request(nameInStorage(name), { signal }, () => undefined)
}
