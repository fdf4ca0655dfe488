/** Focuses the element of the first selector that matches one. Returns whether one does. */
export function focusFirst(...selectors: readonly string[]): boolean {
  for (const selector of selectors) {
    const found = document.querySelector<HTMLElement>(selector)
    if (found === null) continue
    found.focus()
    return true
  }
  return false
}

/**
 * Focuses an element that the caller has just made appear. Changed components render in a microtask, before the next key
 * event: a key that a fast user presses right after belongs to the new element. Elements that appear later still are
 * focused in the next frame.
 */
export function focusRendered(...selectors: readonly string[]): void {
  queueMicrotask(() => {
    if (!focusFirst(...selectors)) requestAnimationFrame(() => focusFirst(...selectors))
  })
}
