/** Calls `act` at intervals while the page is visible, and when the user returns to it. Returns a function that ends this. */
export function repeatWhileVisible(act: () => void, everyMs: number): () => void {
  const actIfVisible = () => {
    if (document.visibilityState === 'visible') act()
  }
  const timer = setInterval(actIfVisible, everyMs)
  document.addEventListener('visibilitychange', actIfVisible)
  window.addEventListener('focus', actIfVisible)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', actIfVisible)
    window.removeEventListener('focus', actIfVisible)
  }
}
