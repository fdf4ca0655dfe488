import type { Test } from 'tap'
import { WebSocket } from 'ws'
import {
  connectAdmin,
  connectStore,
  type AdminClient,
  type ClientEvents,
  type ConnectOptions,
  type State,
  type StoreClient,
  type Timing,
} from '../../../src/client/index.js'
import { until } from '../../../harness/until.js'

type Events = { [Name in keyof ClientEvents]: ClientEvents[Name][] }

/** A client and all events that it has emitted so far. */
export interface Watched<Client> {
  client: Client
  told: Events
  contents(): string[]
  reaches(state: State, deadlineMs?: number): Promise<unknown>
}

const quick: Partial<Timing> = {
  retryMs: 20,
  longestRetryMs: 200,
  drainRetryMs: 50,
  tooManyMs: 20,
  acknowledgeMs: 1000,
}
const names = [
  'state',
  'message',
  'session',
  'reset',
  'gone',
  'status',
  'read',
  'presence',
  'typing',
  'notification',
  'error',
] as const

export const watchStore = (t: Test, ...to: [At, Account, Partial<ConnectOptions>?]): Watched<StoreClient> =>
  watch(t, connectStore(toOptions(...to)))

export const watchAdmin = (t: Test, ...to: [At, Account, Partial<ConnectOptions>?]): Watched<AdminClient> =>
  watch(t, connectAdmin(toOptions(...to)))

interface At {
  origin: string
}
interface Account {
  token: string
}

const toOptions = ({ origin }: At, { token }: Account, options: Partial<ConnectOptions> = {}): ConnectOptions => ({
  origin,
  token,
  WebSocket,
  ...options,
  timing: { ...quick, ...options.timing },
})

/** Listens from the start. The client is closed at the end of the test. */
function watch<Client extends StoreClient | AdminClient>(t: Test, client: Client): Watched<Client> {
  const told: Events = {
    state: [],
    message: [],
    session: [],
    reset: [],
    gone: [],
    status: [],
    read: [],
    presence: [],
    typing: [],
    notification: [],
    note: [],
    details: [],
    error: [],
  }
  for (const name of names) client.on(name, (event) => (told[name] as unknown[]).push(event))
  t.teardown(() => client.close())
  return {
    client,
    told,
    contents: () => told.message.map(({ content }) => content),
    reaches: (state, deadlineMs = 10_000) =>
      until(() => client.state === state, deadlineMs, `${state}; so far ${told.state.join(' ')}`),
  }
}

/** `name 0`, `name 1`, … */
export const list = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name} ${index}`)
