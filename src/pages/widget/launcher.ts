import { followVisibleArea } from '../browser/visible-area.js'
import type { LauncherTexts } from '../browser/widget-talk.js'
import launcherStyle from './launcher.css'

/** The name of a custom element, so that the page's selectors for standard elements do not match it. */
export const HOST_NAME = 'store-chat-widget'

const CHAT = 'M4 4.5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-5l-4 3v-3H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z'
const CLOSE = 'm5.5 7.5 4.5 4.5 4.5-4.5'

/** The texts until the frame sends those of its language. */
const english = {
  title: 'Support chat',
  open: 'Open the support chat',
  close: 'Close the support chat',
}

/** The button in the corner and the frame that it opens, in a shadow tree: styles do not leak in or out. */
export interface Launcher {
  /** The element to insert into the page. */
  host: HTMLElement
  /** Hidden while the chat is closed. */
  frame: HTMLIFrameElement
  /** Adds the button's click listener. Idempotent. */
  listen(): void
  /** Opens or closes the frame. Opening moves the focus into it if `takesFocus`; closing returns it to the button. */
  show(shallOpen: boolean, takesFocus?: boolean): void
  showUnread(count: number, texts: LauncherTexts): void
}

/**
 * `onChange` is called whenever the frame opens or closes.
 * @param lang the language that decides on the corner of the page until the frame sends its direction
 */
export function createLauncher(lang: string, onChange: (isOpen: boolean) => void): Launcher {
  let texts = english
  const host = document.createElement(HOST_NAME)
  if (/^ar/i.test(lang)) host.dir = 'rtl'
  followVisibleArea(host)
  const root = host.attachShadow({ mode: 'open' })
  // The page's Content-Security-Policy may forbid style elements, but not constructed style sheets.
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
  // Screen readers announce changes of a status, but not a new label of the button.
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
    // Hiding the frame removes the focus from it, so this is read before.
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
