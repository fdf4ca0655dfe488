import { directionOf, type Locale } from '../languages/choose-locale.js'
import { followVisibleArea } from '../shared/visible-area.js'
import { launcherTexts } from './launcher-texts.js'
import { launcherStyle } from './launcher-style.js'

const CHAT = 'M4 4.5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-5l-4 3v-3H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z'
const CLOSE = 'm5.5 7.5 4.5 4.5 4.5-4.5'

/** The button in the corner and the frame that it opens, in a shadow tree: no style crosses it either way. */
export function createLauncher(locale: Locale, onChange: (isOpen: boolean) => void) {
  const texts = launcherTexts(locale)
  const host = document.createElement('div')
  host.lang = locale.tag
  host.dir = directionOf(locale.language)
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
  frame.title = texts.title
  frame.hidden = true
  root.append(frame, button)

  let unread = 0
  let isOpen = false
  const name = () => {
    button.setAttribute('aria-label', isOpen ? texts.close : texts.open(unread))
    button.setAttribute('aria-expanded', String(isOpen))
  }
  const show = (shallOpen: boolean) => {
    isOpen = shallOpen
    frame.hidden = !isOpen
    path.setAttribute('d', isOpen ? CLOSE : CHAT)
    name()
    onChange(isOpen)
    if (isOpen) frame.focus()
    else button.focus()
  }
  button.addEventListener('click', () => show(!isOpen))
  name()
  return {
    frame,
    show,
    showUnread(count: number): void {
      unread = count
      badge.hidden = count === 0
      badge.textContent = texts.count(count)
      name()
    },
    mount: () => {
      document.body.append(host)
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
