/** What of a WebSocket is used: that of browsers, of Node from 22 on, and of `ws`. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

/** How long things may take, in milliseconds. */
export interface Timing {
  /** The longest pause before the first try to reconnect; it doubles with each further one. */
  retryMs: number
  longestRetryMs: number
  /** The longest pause after a node has asked to go elsewhere. */
  drainRetryMs: number
  /** The shortest pause after the server was sent too much; it doubles with each further time. */
  tooManyMs: number
  /** After so much silence the server is asked whether it is there. */
  pingMs: number
  /** And after so much more the connection counts as cut. */
  pongMs: number
  /** Until a new connection is ready. */
  readyMs: number
  /** Until a message that was not acknowledged is sent again. */
  acknowledgeMs: number
  /** Until an HTTP request is given up. */
  requestMs: number
  /** Until an upload is given up. */
  uploadMs: number
}

export interface ConnectOptions {
  /** Where the service is, like `https://chat.example.com`. */
  origin: string
  /** Of a store or of an admin. */
  token: string
  /** Default: the global one. Node 20 has none: give it that of the package `ws`. */
  WebSocket?: new (url: string) => WebSocketLike
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Numbers in [0, 1), for the pauses. Default: `Math.random`. */
  random?: () => number
  timing?: Partial<Timing>
}

export const defaultTiming: Timing = {
  retryMs: 500,
  longestRetryMs: 30_000,
  drainRetryMs: 1000,
  tooManyMs: 1000,
  pingMs: 25_000,
  pongMs: 10_000,
  readyMs: 15_000,
  acknowledgeMs: 10_000,
  requestMs: 15_000,
  uploadMs: 900_000,
}

/** The options with all that may be left out. */
export type Settings = Required<ConnectOptions> & { timing: Timing }

/** @throws TypeError where there is no WebSocket */
export function readOptions(options: ConnectOptions): Settings {
  const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: Settings['WebSocket'] }).WebSocket
  if (WebSocket === undefined) throw new TypeError('There is no global WebSocket here: give one in the options')
  return {
    ...options,
    WebSocket,
    // A browser's fetch must be called on its window.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    random: options.random ?? Math.random,
    timing: { ...defaultTiming, ...options.timing },
  }
}
