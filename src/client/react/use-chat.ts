import { useEffect, useMemo, useRef, useSyncExternalStore, type RefObject } from 'react'
import type { ConnectOptions } from '../index.js'
import { createChatStore, type ChatActions, type ChatSnapshot } from './chat-store.js'

/** A store's conversation as it is now, and what can be done with it. */
export interface Chat extends ChatSnapshot, ChatActions {}

/**
 * Connects a store to its conversation while the component is mounted. Another `origin`, or another token as a string, begins
 * anew. A token function may be a new one on every render: the latest is called. All other options are read once.
 */
export function useChat(options: ConnectOptions): Chat {
  const { origin, token } = options
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })
  const account = typeof token === 'string' ? token : undefined
  const store = useMemo(() => createChatStore(), [origin, account])
  // In StrictMode this connects, closes and connects again.
  useEffect(() => store.connect(readOptions(latest)), [store])
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot)
  return useMemo(() => ({ ...snapshot, ...store.actions }), [snapshot, store])
}

function readOptions(latest: RefObject<ConnectOptions>): ConnectOptions {
  const options = latest.current
  if (typeof options.token === 'string') return options
  return {
    ...options,
    token: () => {
      const { token } = latest.current
      return typeof token === 'string' ? token : token()
    },
  }
}
