/**
 * Tells the style of an element how much of the page an on-screen keyboard leaves visible, as `--store-chat-top` and
 * `--store-chat-height`; without a keyboard they are not set. Chrome and Firefox shrink the page itself where it asks for that
 * (`interactive-widget`). Safari lays the keyboard over the page and scrolls it.
 */
export function followVisibleArea({ style }: HTMLElement): void {
  const viewport = window.visualViewport
  if (viewport === null) return
  const measure = () => {
    // Who zooms in does not want the page to become smaller.
    const isCovered = viewport.scale === 1 && viewport.height < document.documentElement.clientHeight - 1
    set('--store-chat-top', isCovered ? viewport.offsetTop : undefined)
    set('--store-chat-height', isCovered ? viewport.height : undefined)
  }
  const set = (name: string, px: number | undefined) => {
    if (px === undefined) style.removeProperty(name)
    else style.setProperty(name, `${px}px`)
  }
  for (const name of ['resize', 'scroll']) viewport.addEventListener(name, measure)
}
