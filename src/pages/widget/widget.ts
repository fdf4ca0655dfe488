import { findRunning, takeOver } from './page-global.js'
import { createStoreChat } from './store-chat.js'

/*
 * <script src="https://chat.example.com/widget.js" data-token="…" async></script>
 *
 * The chat runs in a frame of its own origin, which isolates its styles and scripts from those of the page. The service
 * needs neither CORS nor more allowed origins for its sockets, and a strict policy of the page need only allow its origin in
 * script-src and frame-src. The token goes to the frame in a message and is in no URL.
 */
const { currentScript } = document
if (currentScript instanceof HTMLScriptElement) obey(currentScript)
else obeyModuleTags()

/** Handles a tag: starts the widget unless it runs, and signs in with the token of the tag, if it has one. */
function obey({ src, dataset: { token, lang } }: HTMLScriptElement): void {
  const running = findRunning()
  const chat = running ?? createStoreChat(folderOf(src))
  if (token !== undefined) chat.signIn(token, { lang })
  // The queued calls of the page run after the tag, so that they override its token.
  if (running === undefined) takeOver(chat)
}

/**
 * A module cannot access its own tag, and runs once for any number of tags. Instead, each tag fires a `load` event; the
 * first one fires right after the module has run.
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
