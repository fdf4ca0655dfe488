/** Stops the browser from navigating to what is dropped on the page, which would lose unsent text. Text may be dropped into a field. */
export function stayOnDrop(): void {
  for (const name of ['dragover', 'drop'] as const) {
    window.addEventListener(name, (event) => {
      const isText = event.dataTransfer?.types.includes('Files') !== true
      if (isText && event.target instanceof Element && event.target.closest('input, textarea') !== null) return
      event.preventDefault()
    })
  }
}
