import { findRunning, takeOver } from './page-global.js'
import { createStoreChat } from './store-chat.js'

/*
 * <script src="https://chat.example.com/widget.js" data-token="…" async></script>
 *
 * The chat runs in a frame of its own origin. So a page's styles and scripts cannot reach into it and its own cannot leak
 * out, the service needs neither CORS nor another origin for its sockets, and of a strict policy the page only has to allow
 * that origin in script-src and frame-src. The token goes to the frame by a message and is in no address.
 */
const { currentScript } = document
if (currentScript instanceof HTMLScriptElement) obey(currentScript)
else obeyModuleTags()

/** Does what a tag says: begins the widget where it does not run yet, and signs in with the token, if the tag has one. */
function obey({ src, dataset: { token, lang } }: HTMLScriptElement): void {
  const running = findRunning()
  const chat = running ?? createStoreChat(folderOf(src))
  if (token !== undefined) chat.signIn(token, { lang })
  // What the page has called is later than its tag.
  if (running === undefined) takeOver(chat)
}

/**
 * A module is not told its tag, and runs once however many tags name it. But each tag has a `load` event, that of the first
 * at once after the module has run.
 */
function obeyModuleTags(): void {
  let folder: string | undefined
  document.addEventListener(
    'load',
    ({ target }) => {
      if (!(target instanceof HTMLScriptElement) || target.type !== 'module') return
      if (!/\/widget\.js\b/.test(target.src)) return
      folder ??= folderOf(target.src)
      if (folderOf(target.src) === folder) obey(target)
    },
    true,
  )
  setTimeout(() => {
    if (folder === undefined) console.error('store-chat: load widget.js by a script tag')
  })
}

function folderOf(src: string): string {
  return new URL('.', src).href
}
