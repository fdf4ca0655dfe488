/** Focuses the element of the first selector that matches one. */
export function focusFirst(...selectors: readonly string[]): void {
  for (const selector of selectors) {
    const found = document.querySelector<HTMLElement>(selector)
    if (found === null) continue
    found.focus()
    return
  }
}
