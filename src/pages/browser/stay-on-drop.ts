/** A browser goes to what is dropped on a page, and what was being written is gone. Text may be dropped into a field. */
export function stayOnDrop(): void {
  for (const name of ['dragover', 'drop'] as const) {
    window.addEventListener(name, (event) => {
      const isText = event.dataTransfer?.types.includes('Files') !== true
      if (isText && event.target instanceof Element && event.target.closest('input, textarea') !== null) return
      event.preventDefault()
    })
  }
}
