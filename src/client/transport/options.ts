import { readBaseUrl } from './address.js'
import { createPauses, type Pauses } from './backoff.js'

/** The part of a WebSocket that is used: browsers, Node from 22 on, React Native and `ws` have it. */
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
  /** The same after a change of network, and for `reconnect()`. */
  checkMs: number
  /** Until a new connection is ready. */
  readyMs: number
  /** Until a message that was not acknowledged is sent again. */
  acknowledgeMs: number
  /** Until an HTTP request, or a call of the token function, is given up. */
  requestMs: number
  /** Until an upload is given up. */
  uploadMs: number
}

/**
 * A token of a store or an admin, or a function that gets one. The function is called for the first token, and again when
 * the service refuses the one in use. It may return null: then the connection ends, as after a token that is refused.
 */
export type Token = string | (() => string | null | Promise<string | null>)

export interface ConnectOptions {
  /** Where the service is: `https://chat.example.com`, or `https://example.com/support` below a path. */
  origin: string
  token: Token
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
  checkMs: 2500,
  readyMs: 15_000,
  acknowledgeMs: 10_000,
  requestMs: 15_000,
  uploadMs: 900_000,
}

/** The options of a client with defaults for all that was left out, and the pauses of this client. */
export interface Settings extends Required<Omit<ConnectOptions, 'origin' | 'timing'>> {
  baseUrl: string
  timing: Timing
  pauses: Pauses
}

/** @throws TypeError when there is no WebSocket, or `origin` is not an http or https address */
export function readOptions({ origin, token, ...options }: ConnectOptions): Settings {
  const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: Settings['WebSocket'] }).WebSocket
  if (WebSocket === undefined) throw new TypeError('There is no global WebSocket here: give one in the options')
  return {
    baseUrl: readBaseUrl(origin),
    token,
    WebSocket,
    // A browser's fetch must be called on its window.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    random: options.random ?? Math.random,
    timing: { ...defaultTiming, ...options.timing },
    pauses: createPauses(),
  }
}
