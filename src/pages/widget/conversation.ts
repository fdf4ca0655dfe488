import { FRAME_IS_READY, type FrameMessage, type Renewal, type Shown, type Welcome } from '../browser/widget-talk.js'
import { keepInBody } from './keep-in-body.js'
import { createLauncher } from './launcher.js'
import { createPolicyNotice } from './policy-notice.js'
import { rememberOpen, wasOpen } from './remember-open.js'

/** The store that is signed in. */
export interface SignIn {
  token: string
  /** The language of the chat. Default: that of the browser. */
  lang?: string | undefined
}

/** The launcher of one store, and the frame with its conversation. */
export interface Conversation {
  show(shallOpen: boolean): void
  /** Continues with another token of the same store. A token of another store ends the conversation: see `onEnd`. */
  renew(token: string): void
  /** Removes the launcher and the frame from the page. */
  end(): void
}

/**
 * Inserts the launcher of a store into the page. If the page removes the frame, it is inserted again and loads anew. `onEnd`
 * is called with false when the service refuses the token, and with true when a renewed token may belong to another store.
 * @param baseUrl the URL under which the service is served, with a final slash
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
    port.onmessage = ({ data }: MessageEvent<FrameMessage>) => {
      if ('unread' in data) {
        launcher.showUnread(data.unread, data.texts)
        onUnread(data.unread)
      } else if ('isOther' in data) onEnd(data.isOther)
      else launcher.show(false)
    }
    const message: Welcome = { type: 'store-chat:welcome', token, isOpen: !frame.hidden }
    frame.contentWindow?.postMessage(message, origin, [channel.port2])
  }

  // After a navigation, the focus stays in the page that the user has opened.
  if (wasOpen()) launcher.show(true, false)
  const explain = createPolicyNotice(frame)
  const leave = keepInBody(host, () => {
    // The top layer is above the page's own layers, and is not affected by a `transform` or `filter` of the body, which
    // would move elements with `position: fixed`.
    host.popover = 'manual'
    // Browsers before 2024 lack popovers.
    ;(host as Partial<HTMLElement>).showPopover?.()
    // Repeated after each insertion, because `document.open()` removes all listeners. Adding a listener twice has no effect.
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
