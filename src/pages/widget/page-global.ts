import type { StoreChat } from './store-chat.js'

type Call = [name: keyof StoreChat, args: unknown[]]

/** The value of `window.storeChat`. Until the script has loaded, it is a stub of the page that queues calls in an array. */
interface PageGlobal extends Partial<StoreChat> {
  queue: { push(call: Call): unknown }
}

declare global {
  interface Window {
    storeChat?: unknown
  }
}

/** The widget that already runs in this page. */
export function findRunning(): StoreChat | undefined {
  const found = readGlobal()
  return found === undefined || Array.isArray(found.queue) ? undefined : (found as StoreChat & PageGlobal)
}

/**
 * Makes the queued calls, and all later ones. The stub becomes the widget, so that references to it, and to its functions,
 * keep working.
 */
export function takeOver(chat: StoreChat): void {
  const stub = readGlobal()
  const waiting = stub?.queue
  const queue = { push: ([name, args]: Call) => (chat[name] as (...args: unknown[]) => void)(...args) }
  window.storeChat = Object.assign(stub ?? {}, chat, { queue })
  if (Array.isArray(waiting)) for (const call of waiting as Call[]) queue.push(call)
}

function readGlobal(): PageGlobal | undefined {
  const found = window.storeChat as PageGlobal | null | undefined
  // Browsers also expose an element whose id is `storeChat` under this name.
  return found?.queue && !(found instanceof Element) ? found : undefined
}
