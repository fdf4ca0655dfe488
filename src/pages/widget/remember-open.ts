const KEY = 'store-chat.isOpen'
const OPEN = '1'

/** Whether the chat was open on the previous page of this tab. False if the browser forbids storage. */
export function wasOpen(): boolean {
  try {
    return sessionStorage.getItem(KEY) === OPEN
  } catch {
    return false
  }
}

export function rememberOpen(isOpen: boolean): void {
  try {
    sessionStorage.setItem(KEY, isOpen ? OPEN : '')
  } catch {
    // The next page begins with the chat closed.
  }
}
