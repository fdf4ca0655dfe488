import { signal, type ReadonlySignal } from '@preact/signals'

/** Whether the user is looking at this page: it is visible and has the focus. */
export function watchLooking(): ReadonlySignal<boolean> {
  const isThere = () => document.visibilityState === 'visible' && document.hasFocus()
  const isLooking = signal(isThere())
  const look = () => (isLooking.value = isThere())
  document.addEventListener('visibilitychange', look)
  for (const name of ['focus', 'blur']) window.addEventListener(name, look)
  return isLooking
}
