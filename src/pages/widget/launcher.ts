import { followVisibleArea } from '../browser/visible-area.js'
import type { LauncherTexts } from '../browser/widget-talk.js'
import launcherStyle from './launcher.css'

/** Valid as the name of a custom element, so that no style for the page's own elements means it. */
export const HOST_NAME = 'store-chat-widget'

const CHAT = 'M4 4.5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-5l-4 3v-3H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z'
const CLOSE = 'm5.5 7.5 4.5 4.5 4.5-4.5'

/** Until the frame has said it in its language. */
const english = {
  title: 'Support chat',
  open: 'Open the support chat',
  close: 'Close the support chat',
}

/** The button in the corner and the frame that it opens, in a shadow tree: no style crosses it either way. */
export interface Launcher {
  /** To be put into the page. */
  host: HTMLElement
  /** Hidden while the chat is closed. */
  frame: HTMLIFrameElement
  /** Makes the button work. Again is no more than once. */
  listen(): void
  /** Opens or closes the frame. The focus goes into it, unless it shall not, and back to the button. */
  show(shallOpen: boolean, takesFocus?: boolean): void
  showUnread(count: number, texts: LauncherTexts): void
}

/**
 * `onChange` hears of every opening and closing.
 * @param lang what decides on the side of the page, until the frame knows better
 */
export function createLauncher(lang: string, onChange: (isOpen: boolean) => void): Launcher {
  let texts = english
  const host = document.createElement(HOST_NAME)
  if (/^ar/i.test(lang)) host.dir = 'rtl'
  followVisibleArea(host)
  const root = host.attachShadow({ mode: 'open' })
  // The page's policy may forbid style elements; this is none.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(launcherStyle)
  root.adoptedStyleSheets = [sheet]

  const button = document.createElement('button')
  const badge = document.createElement('span')
  const frame = document.createElement('iframe')
  button.type = 'button'
  const { icon, path } = createIcon()
  button.append(icon, badge)
  badge.className = 'badge'
  badge.hidden = true
  frame.hidden = true
  // A new name of the button is told to nobody.
  const news = document.createElement('span')
  news.className = 'news'
  news.setAttribute('role', 'status')
  root.append(frame, button, news)

  let isOpen = false
  const name = () => {
    button.setAttribute('aria-label', isOpen ? texts.close : texts.open)
    button.setAttribute('aria-expanded', String(isOpen))
    frame.title = texts.title
  }
  const show = (shallOpen: boolean, takesFocus = true) => {
    // A frame that is hidden loses the focus.
    const hadFocus = document.activeElement === host
    isOpen = shallOpen
    frame.hidden = !isOpen
    path.setAttribute('d', isOpen ? CLOSE : CHAT)
    name()
    onChange(isOpen)
    if (isOpen && takesFocus) frame.focus()
    if (!isOpen && hadFocus) button.focus()
  }
  const toggle = () => show(!isOpen)
  name()
  return {
    host,
    frame,
    listen: () => button.addEventListener('click', toggle),
    show,
    showUnread(count, next) {
      texts = next
      badge.hidden = !count
      badge.textContent = next.badge
      news.textContent = count && !isOpen ? texts.open : ''
      Object.assign(host, next.page)
      name()
    },
  }
}

function createIcon(): { icon: SVGSVGElement; path: SVGPathElement } {
  const namespace = 'http://www.w3.org/2000/svg'
  const icon = document.createElementNS(namespace, 'svg')
  const path = document.createElementNS(namespace, 'path')
  icon.setAttribute('viewBox', '0 0 20 20')
  path.setAttribute('d', CHAT)
  icon.append(path)
  return { icon, path }
}
