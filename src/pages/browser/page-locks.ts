import { nameInStorage } from './service.js'

/** Browsers have no locks outside of secure contexts, and old ones have none at all. There, a time in the storage serves. */
const hasLocks = () => 'locks' in navigator

const BEAT_MS = 5000
/** Browsers run the timers of hidden pages once a minute. */
const STALE_MS = 90_000
const POLL_MS = 500

/**
 * Holds a lock until the returned function is called, or the page is left. Does nothing in a page that may use neither locks
 * nor the storage.
 */
export function holdLock(name: string): () => void {
  if (!hasLocks()) return beat(nameInStorage(name))
  let release: (() => void) | undefined
  const isReleased = new Promise<void>((resolve) => (release = resolve))
  navigator.locks.request(nameInStorage(name), () => isReleased).catch(() => undefined)
  return () => release?.()
}

/** Waits until no page of this browser holds a lock. Rejects when the signal is aborted. */
export async function waitForLock(name: string, signal: AbortSignal): Promise<void> {
  try {
    if (!hasLocks()) await waitForSilence(nameInStorage(name), signal)
    else await navigator.locks.request(nameInStorage(name), { signal }, () => undefined)
  } catch (error) {
    // Otherwise the browser denies locks, or the storage, to this page.
    if (signal.aborted) throw error
  }
}

/** Writes the time again and again, until the returned function is called or the page is left. */
function beat(key: string): () => void {
  const write = (act: () => void) => {
    try {
      act()
    } catch {
      // The browser has no storage, or no room.
    }
  }
  const remove = () => write(() => localStorage.removeItem(key))
  const renew = () => write(() => localStorage.setItem(key, String(Date.now())))
  renew()
  const timer = setInterval(renew, BEAT_MS)
  window.addEventListener('pagehide', remove)
  return () => {
    clearInterval(timer)
    window.removeEventListener('pagehide', remove)
    remove()
  }
}

async function waitForSilence(key: string, signal: AbortSignal): Promise<void> {
  while (Math.abs(Date.now() - Number(localStorage.getItem(key))) < STALE_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    if (signal.aborted) throw new Error('The page has stopped waiting')
  }
  // A page that has crashed leaves it behind.
  localStorage.removeItem(key)
}
