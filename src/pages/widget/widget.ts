import { chooseLocale } from '../languages/choose-locale.js'
import { FRAME_IS_READY, type FrameNews, type Shown, type Welcome } from '../shared/widget-talk.js'
import { createLauncher } from './launcher.js'

/*
 * <script src="https://chat.example.com/widget.js" data-token="…" async></script>
 *
 * The chat runs in a frame of its own origin. So a page's styles and scripts cannot reach into it and its own cannot leak
 * out, the service needs neither CORS nor another origin for its sockets, and of a strict policy the page only has to allow
 * that origin in script-src and frame-src. The token goes to the frame by a message and is in no address.
 */
const script = document.currentScript
if (script instanceof HTMLScriptElement) start(script)

function start({ src, dataset }: HTMLScriptElement): void {
  const { token, lang } = dataset
  if (token === undefined || token === '') {
    console.error('store-chat: the script needs a data-token')
    return
  }
  const { origin } = new URL(src)
  const locale = chooseLocale([...(lang === undefined ? [] : [lang]), ...navigator.languages])
  const { frame, show, showUnread, mount } = createLauncher(locale, (isOpen) =>
    port?.postMessage({ isOpen } satisfies Shown),
  )
  let port: MessagePort | undefined

  window.addEventListener('message', ({ source, origin: from, data }: MessageEvent<unknown>) => {
    if (source !== frame.contentWindow || from !== origin || data !== FRAME_IS_READY) return
    const channel = new MessageChannel()
    port?.close()
    port = channel.port1
    port.onmessage = ({ data }: MessageEvent<FrameNews>) => {
      if ('unread' in data) showUnread(data.unread)
      else show(false)
    }
    frame.contentWindow?.postMessage({ type: 'store-chat:welcome', token } satisfies Welcome, origin, [channel.port2])
  })
  frame.src = `${origin}/widget/?lang=${locale.tag}`
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', mount)
  else mount()
}
