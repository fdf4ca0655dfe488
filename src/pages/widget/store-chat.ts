import { openConversation, type Conversation, type SignIn } from './conversation.js'

/** How a page speaks to the widget: `window.storeChat`. */
export interface StoreChat {
  /** Opens the chat. While nobody is signed in, it opens as soon as somebody is. */
  open(): void
  close(): void
  /**
   * Shows the conversation of the store that the token belongs to. Another token replaces the conversation there was; the
   * same one changes nothing. No token signs out.
   */
  signIn(token: string | null | undefined, options?: { lang?: string | undefined }): void
  /** Takes the launcher and the conversation away. */
  signOut(): void
  /** Calls a listener with the number of unread messages: soon, and whenever it has changed. */
  on(event: 'unread', listener: UnreadListener): void
  off(event: 'unread', listener: UnreadListener): void
}

type UnreadListener = (count: number) => void

/** @param baseUrl the folder that the service's addresses begin with */
export function createStoreChat(baseUrl: string): StoreChat {
  const listeners = new Set<UnreadListener>()
  let signedIn: SignIn | undefined
  let conversation: Conversation | undefined
  let opensAtSignIn = false
  let unread = 0

  // Each in a turn of its own: one that throws keeps nothing from the others.
  const tell = (listener: UnreadListener) => queueMicrotask(() => listener(unread))
  const setUnread = (count: number) => {
    if (count === unread) return
    unread = count
    listeners.forEach(tell)
  }
  const signOut = () => {
    conversation?.end()
    conversation = signedIn = undefined
    opensAtSignIn = false
    setUnread(0)
  }
  const show = (shallOpen: boolean) => {
    if (conversation) conversation.show(shallOpen)
    else opensAtSignIn = shallOpen
  }
  return {
    open: () => show(true),
    close: () => show(false),
    signIn(token, { lang } = {}) {
      if (!token) {
        signOut()
        return
      }
      if (signedIn?.token === token) return
      const shallOpen = opensAtSignIn
      signOut()
      signedIn = { token, lang }
      conversation = openConversation(baseUrl, signedIn, setUnread)
      if (shallOpen) conversation.show(true)
    },
    signOut,
    on(event, listener) {
      // A page may have been written for a later version.
      if ((event as string) !== 'unread') return
      listeners.add(listener)
      tell(listener)
    },
    off: (_event, listener) => void listeners.delete(listener),
  }
}
