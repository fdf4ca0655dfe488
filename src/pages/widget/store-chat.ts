import { openConversation, type Conversation, type SignIn } from './conversation.js'

/** The widget's API for the page: `window.storeChat`. */
export interface StoreChat {
  /** Opens the chat. If no store is signed in, the chat opens with the next sign-in. */
  open(): void
  close(): void
  /**
   * Shows the conversation of the token's store. Another token of the same store continues the conversation, open or closed
   * as it is; a token of another store replaces it. The same token changes nothing. A missing token signs out.
   */
  signIn(token: string | null | undefined, options?: { lang?: string | undefined }): void
  /** Removes the launcher and the conversation. */
  signOut(): void
  /**
   * `unread`: calls the listener with the number of unread messages, now (in a microtask) and after every change. `revoked`:
   * calls it when the service refuses the token; `signIn` with another token continues the conversation.
   */
  on(event: EventName, listener: Listener): void
  off(event: EventName, listener: Listener): void
}

type EventName = 'unread' | 'revoked'
type Listener = (count: number) => void

/** @param baseUrl the URL under which the service is served, with a final slash */
export function createStoreChat(baseUrl: string): StoreChat {
  // Partial, because a page may be written for a later version that has more events.
  const listeners: Partial<Record<EventName, Set<Listener>>> = { unread: new Set(), revoked: new Set() }
  let signedIn: SignIn | undefined
  let conversation: Conversation | undefined
  let opensAtSignIn = false
  let unread = 0

  // Each listener runs in a microtask of its own, so that an error in one does not stop the others.
  const notify = (listener: Listener) => queueMicrotask(() => listener(unread))
  const setUnread = (count: number) => {
    if (count === unread) return
    unread = count
    listeners.unread?.forEach(notify)
  }
  /** Ends the current conversation, and starts that of the signed-in store, if there is one. */
  const begin = () => {
    conversation?.end()
    setUnread(0)
    conversation = signedIn && openConversation(baseUrl, signedIn, setUnread, handleEnd)
  }
  const handleEnd = (isOther: boolean) => (isOther ? begin() : listeners.revoked?.forEach(notify))
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
      if (event === 'unread') notify(listener)
    },
    off: (event, listener) => void listeners[event]?.delete(listener),
  }
}
