/** Long enough that a page which takes the element out each time is not kept busy. */
const PAUSE_MS = 50

/**
 * Keeps an element at the end of the document's body, once the document has been read: also when the page empties or
 * replaces its body, or writes the document anew. Copies of the element, as in a page that was kept by its markup, go away.
 * `onMount` is called each time when it was put there. Returns what takes it away for good.
 */
export function keepInBody(element: HTMLElement, onMount: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const observer = new MutationObserver(check)
  const isThere = () => element.isConnected && element.parentNode === document.body

  function check(): void {
    // Whichever of the three was replaced.
    observer.disconnect()
    for (const node of [document, document.documentElement, findBody()]) {
      if (node !== null) observer.observe(node, { childList: true })
    }
    if (!isThere()) timer ??= setTimeout(mount, PAUSE_MS)
  }

  function mount(): void {
    timer = undefined
    // A listener for the document's end would be gone with `document.open()`.
    if (document.readyState !== 'loading' && findBody() !== null && !isThere()) {
      for (const copy of document.querySelectorAll(element.localName)) copy.remove()
      document.body.append(element)
      onMount()
    }
    check()
  }

  mount()
  return () => {
    clearTimeout(timer)
    observer.disconnect()
    element.remove()
  }
}

/** A document that is being replaced has none, which its type does not say. */
const findBody = (): HTMLElement | null => document.body
