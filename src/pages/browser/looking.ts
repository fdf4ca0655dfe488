import { signal, type ReadonlySignal } from '@preact/signals'

/** Whether somebody has this page before their eyes: it is shown, and it has the focus. */
export function watchLooking(): ReadonlySignal<boolean> {
  const isThere = () => document.visibilityState === 'visible' && document.hasFocus()
  const isLooking = signal(isThere())
  const look = () => (isLooking.value = isThere())
  document.addEventListener('visibilitychange', look)
  for (const name of ['focus', 'blur']) window.addEventListener(name, look)
  return isLooking
}
