/** Focuses the first of these that is on the page. */
export function focusFirst(...selectors: readonly string[]): void {
  for (const selector of selectors) {
    const found = document.querySelector<HTMLElement>(selector)
    if (found === null) continue
    found.focus()
    return
  }
}
