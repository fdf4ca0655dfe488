import { FRAME_IS_READY, type FrameNews, type Renewal, type Shown, type Welcome } from '../browser/widget-talk.js'
import { keepInBody } from './keep-in-body.js'
import { createLauncher } from './launcher.js'
import { createPolicyNotice } from './policy-notice.js'
import { rememberOpen, wasOpen } from './remember-open.js'

/** Whose conversation it is. */
export interface SignIn {
  token: string
  /** Default: what the browser prefers. */
  lang?: string | undefined
}

/** The launcher of one store, and the framed page that holds its conversation. */
export interface Conversation {
  show(shallOpen: boolean): void
  /** Goes on with another token, if it is of the same store; otherwise the frame says that it is not. */
  renew(token: string): void
  /** Takes all of it out of the page. */
  end(): void
}

/**
 * Puts the launcher of a store into the page. A frame that the page has thrown away begins anew when it is back. `onEnd` is
 * called when the token is no longer taken, and with true when a renewed one is not known to be of the same store.
 * @param baseUrl the folder that the service's addresses begin with
 */
export function openConversation(
  baseUrl: string,
  { token, lang }: SignIn,
  onUnread: (count: number) => void,
  onEnd: (isOther: boolean) => void,
): Conversation {
  const { origin } = new URL(baseUrl)
  let port: MessagePort | undefined
  const launcher = createLauncher(lang ?? navigator.language, (isOpen) => {
    rememberOpen(isOpen)
    port?.postMessage({ isOpen } satisfies Shown)
  })
  const { host, frame } = launcher
  frame.src = `${baseUrl}widget/?lang=${encodeURIComponent(lang ?? '')}`

  function welcome({ source, origin: from, data }: MessageEvent<unknown>): void {
    if (source !== frame.contentWindow || from !== origin || data !== FRAME_IS_READY) return
    const channel = new MessageChannel()
    port?.close()
    port = channel.port1
    port.onmessage = ({ data }: MessageEvent<FrameNews>) => {
      if ('unread' in data) {
        launcher.showUnread(data.unread, data.texts)
        onUnread(data.unread)
      } else if ('isOther' in data) onEnd(data.isOther)
      else launcher.show(false)
    }
    const words: Welcome = { type: 'store-chat:welcome', token, isOpen: !frame.hidden }
    frame.contentWindow?.postMessage(words, origin, [channel.port2])
  }

  // Whoever has come to the page by a link wants to read it: the focus stays there.
  if (wasOpen()) launcher.show(true, false)
  const explain = createPolicyNotice(frame)
  const leave = keepInBody(host, () => {
    // Above the page's own layers, and past a `transform` or `filter` of the body, which move what is `fixed` in it.
    host.popover = 'manual'
    // Browsers before 2024 have none.
    ;(host as Partial<HTMLElement>).showPopover?.()
    // Again each time: `document.open()` takes the listeners of all that is in the page. None is added twice.
    launcher.listen()
    window.addEventListener('message', welcome)
    document.addEventListener('securitypolicyviolation', explain)
  })
  return {
    show: launcher.show,
    renew(next) {
      token = next
      port?.postMessage({ token } satisfies Renewal)
    },
    end() {
      rememberOpen(false)
      leave()
      window.removeEventListener('message', welcome)
      document.removeEventListener('securitypolicyviolation', explain)
      port?.close()
    },
  }
}
