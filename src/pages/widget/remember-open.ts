const KEY = 'store-chat.isOpen'

/** Whether the chat was open on the page before this one, in this tab. A page may have no storage. */
export function wasOpen(): boolean {
  try {
    return sessionStorage.getItem(KEY) !== null
  } catch {
    return false
  }
}

export function rememberOpen(isOpen: boolean): void {
  try {
    if (isOpen) sessionStorage.setItem(KEY, '')
    else sessionStorage.removeItem(KEY)
  } catch {
    // The next page begins with the chat closed.
  }
}
