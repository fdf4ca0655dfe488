import { launcherStyle } from './launcher-style.js'

/** Valid as the name of a custom element, so that no style for the page's own elements means it. */
export const HOST_NAME = 'store-chat-widget'

const CHAT = 'M4 4.5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-5l-4 3v-3H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z'
const CLOSE = 'm5.5 7.5 4.5 4.5 4.5-4.5'

/** The button in the corner and the frame that it opens, in a shadow tree: no style crosses it either way. */
export interface Launcher {
  /** To be put into the page. */
  host: HTMLElement
  frame: HTMLIFrameElement
  /** Makes the button work. Again is no more than once. */
  listen(): void
  isOpen(): boolean
  /** Opens or closes the frame. The focus goes into it, and back to the button. */
  show(shallOpen: boolean): void
  showUnread(count: number): void
}

/** `onChange` hears of every opening and closing. */
export function createLauncher(onChange: (isOpen: boolean) => void): Launcher {
  const host = document.createElement(HOST_NAME)
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
  frame.title = 'Support chat'
  frame.hidden = true
  root.append(frame, button)

  let unread = 0
  let isOpen = false
  const name = () => {
    const count = unread === 0 ? '' : `, ${unread} unread`
    button.setAttribute('aria-label', isOpen ? 'Close the support chat' : `Open the support chat${count}`)
    button.setAttribute('aria-expanded', String(isOpen))
  }
  const show = (shallOpen: boolean) => {
    // A frame that is hidden loses the focus.
    const hadFocus = document.activeElement === host
    isOpen = shallOpen
    frame.hidden = !isOpen
    path.setAttribute('d', isOpen ? CLOSE : CHAT)
    name()
    onChange(isOpen)
    if (isOpen) frame.focus()
    else if (hadFocus) button.focus()
  }
  const toggle = () => show(!isOpen)
  name()
  return {
    host,
    frame,
    listen: () => button.addEventListener('click', toggle),
    isOpen: () => isOpen,
    show,
    showUnread(count) {
      unread = count
      badge.hidden = count === 0
      badge.textContent = count > 99 ? '99+' : String(count)
      name()
    },
  }
}

function createIcon(): { icon: SVGSVGElement; path: SVGPathElement } {
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  icon.setAttribute('viewBox', '0 0 20 20')
  icon.setAttribute('aria-hidden', 'true')
  path.setAttribute('d', CHAT)
  icon.append(path)
  return { icon, path }
}
