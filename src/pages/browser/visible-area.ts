/**
 * Sets `--store-chat-top` and `--store-chat-height` of an element to the part of the page that an on-screen keyboard leaves
 * visible, and removes them when the keyboard closes. Replaces the whole style attribute. Safari needs this: it covers the
 * page with the keyboard and scrolls it, while Chrome and Firefox can resize the page (`interactive-widget`).
 */
export function followVisibleArea({ style }: HTMLElement): void {
  const viewport = window.visualViewport
  if (viewport === null) return
  const measure = () => {
    // Pinch zoom must not shrink the page.
    const isCovered = viewport.scale === 1 && viewport.height < document.documentElement.clientHeight - 1
    style.cssText = isCovered
      ? `--store-chat-top: ${viewport.offsetTop}px; --store-chat-height: ${viewport.height}px`
      : ''
  }
  for (const name of ['resize', 'scroll']) viewport.addEventListener(name, measure)
}
