import { openConversation, type Conversation, type SignIn } from './conversation.js'

/** How a page speaks to the widget: `window.storeChat`. */
export interface StoreChat {
  /** Opens the chat. While nobody is signed in, it opens as soon as somebody is. */
  open(): void
  close(): void
  /**
   * Shows the conversation of the store that the token belongs to. Another token of the same store lets it go on, open or
   * closed as it is; one of another store replaces it. The same token changes nothing. No token signs out.
   */
  signIn(token: string | null | undefined, options?: { lang?: string | undefined }): void
  /** Takes the launcher and the conversation away. */
  signOut(): void
  /**
   * `unread`: calls a listener with the number of unread messages, soon and whenever it has changed. `revoked`: calls it when
   * the token is no longer taken; `signIn` with another one lets the conversation go on.
   */
  on(event: EventName, listener: Listener): void
  off(event: EventName, listener: Listener): void
}

type EventName = 'unread' | 'revoked'
type Listener = (count: number) => void

/** @param baseUrl the folder that the service's addresses begin with */
export function createStoreChat(baseUrl: string): StoreChat {
  // A page may have been written for a later version, with other events.
  const listeners: Partial<Record<EventName, Set<Listener>>> = { unread: new Set(), revoked: new Set() }
  let signedIn: SignIn | undefined
  let conversation: Conversation | undefined
  let opensAtSignIn = false
  let unread = 0

  // Each in a turn of its own: one that throws keeps nothing from the others.
  const tell = (listener: Listener) => queueMicrotask(() => listener(unread))
  const setUnread = (count: number) => {
    if (count === unread) return
    unread = count
    listeners.unread?.forEach(tell)
  }
  /** Ends the conversation there is, and begins that of whoever is signed in. */
  const begin = () => {
    conversation?.end()
    setUnread(0)
    conversation = signedIn && openConversation(baseUrl, signedIn, setUnread, handleEnd)
  }
  const handleEnd = (isOther: boolean) => (isOther ? begin() : listeners.revoked?.forEach(tell))
  const signOut = () => {
    signedIn = undefined
    opensAtSignIn = false
    begin()
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
      signedIn = { token, lang }
      if (conversation) conversation.renew(token)
      else {
        begin()
        if (opensAtSignIn) show(true)
      }
    },
    signOut,
    on(event, listener) {
      listeners[event]?.add(listener)
      if (event === 'unread') tell(listener)
    },
    off: (event, listener) => void listeners[event]?.delete(listener),
  }
}
