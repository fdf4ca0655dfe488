import type { StoreChat } from './store-chat.js'

type Call = [name: keyof StoreChat, args: unknown[]]

/** What stands at `window.storeChat`. Until the script has come, it is an object of the page whose calls wait in an array. */
interface PageGlobal extends Partial<StoreChat> {
  queue: { push(call: Call): unknown }
}

declare global {
  interface Window {
    storeChat?: unknown
  }
}

/** The widget that runs in this page already. */
export function findRunning(): StoreChat | undefined {
  const found = readGlobal()
  return found === undefined || Array.isArray(found.queue) ? undefined : (found as StoreChat & PageGlobal)
}

/** Makes the calls that wait, and those to come. Whoever kept the object or a function of before has one that works. */
export function takeOver(chat: StoreChat): void {
  const stub = readGlobal()
  const waiting = stub?.queue
  const queue = { push: ([name, args]: Call) => (chat[name] as (...args: unknown[]) => void)(...args) }
  window.storeChat = Object.assign(stub ?? {}, chat, { queue })
  if (Array.isArray(waiting)) for (const call of waiting as Call[]) queue.push(call)
}

function readGlobal(): PageGlobal | undefined {
  const found = window.storeChat as PageGlobal | null | undefined
  // An element whose id is `storeChat` stands there, too, where nothing else does.
  return found?.queue && !(found instanceof Element) ? found : undefined
}
