import { computed, signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, State, StoreClient } from '../../client/index.js'

/** The state of the connection for the user. `unplugged`: the browser itself is offline. */
export type Connection = State | 'unplugged'

/** Follows a client's connection, and reconnects when the browser is online again or the page becomes visible. */
export function watchConnection(client: AdminClient | StoreClient): ReadonlySignal<Connection> {
  const state = signal<State>(client.state)
  const hasNetwork = signal(navigator.onLine)
  const over = new AbortController()
  client.on('state', (next) => {
    state.value = next
    if (isOver(next)) over.abort()
  })
  const look = () => {
    hasNetwork.value = navigator.onLine
    if (navigator.onLine && document.visibilityState === 'visible') client.reconnect()
  }
  for (const name of ['online', 'offline']) window.addEventListener(name, look, over)
  document.addEventListener('visibilitychange', look, over)
  return computed(() => (hasNetwork.value || isOver(state.value) ? state.value : 'unplugged'))
}

const isOver = (state: State) => state === 'revoked' || state === 'closed'
