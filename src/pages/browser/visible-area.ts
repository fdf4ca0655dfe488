/**
 * Tells the style of an element how much of the page an on-screen keyboard leaves visible, as `--store-chat-top` and
 * `--store-chat-height`; without a keyboard they are not set. Nothing else may be in that style. Chrome and Firefox shrink
 * the page itself where it asks for that (`interactive-widget`). Safari lays the keyboard over the page and scrolls it.
 */
export function followVisibleArea({ style }: HTMLElement): void {
  const viewport = window.visualViewport
  if (viewport === null) return
  const measure = () => {
    // Who zooms in does not want the page to become smaller.
    const isCovered = viewport.scale === 1 && viewport.height < document.documentElement.clientHeight - 1
    style.cssText = isCovered
      ? `--store-chat-top: ${viewport.offsetTop}px; --store-chat-height: ${viewport.height}px`
      : ''
  }
  for (const name of ['resize', 'scroll']) viewport.addEventListener(name, measure)
}
