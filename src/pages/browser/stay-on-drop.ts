/**
 * Stops the browser from opening a dropped file or link in place of the page, which would lose unsent text. Text can still
 * be dropped into a field.
 */
export function stayOnDrop(): void {
  for (const name of ['dragover', 'drop'] as const) {
    window.addEventListener(name, (event) => {
      const isText = event.dataTransfer?.types.includes('Files') !== true
      if (isText && event.target instanceof Element && event.target.closest('input, textarea') !== null) return
      event.preventDefault()
    })
  }
}
