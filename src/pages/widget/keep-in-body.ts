/** The pause before the element is inserted again, so that a page that always removes it stays responsive. */
const PAUSE_MS = 50

/**
 * Keeps an element in the document's body once the document is parsed, even if the page empties or replaces its body or
 * rewrites the document. Removes copies of the element, which occur in a page that was restored from its markup. `onMount`
 * is called after each insertion. Returns a function that removes the element.
 */
export function keepInBody(element: HTMLElement, onMount: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const observer = new MutationObserver(check)
  const isThere = () => element.isConnected && element.parentNode === document.body

  function check(): void {
    // The page may have replaced any of the three nodes.
    observer.disconnect()
    for (const node of [document, document.documentElement, findBody()]) {
      if (node !== null) observer.observe(node, { childList: true })
    }
    if (!isThere()) timer ??= setTimeout(mount, PAUSE_MS)
  }

  function mount(): void {
    timer = undefined
    // `document.open()` would remove a listener for the end of the document.
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

/** It is null while the document is being replaced, although its type says otherwise. */
const findBody = (): HTMLElement | null => document.body
