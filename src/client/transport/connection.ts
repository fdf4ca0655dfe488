import { chooseRepeatMs, chooseRetryMs } from './backoff.js'
import { ChatError, brokenAnswer } from './chat-error.js'
import { now } from '../environment/clock.js'
import { orDefault } from './frame-limiter.js'
import { DEFAULT_FRAME_BYTES } from './frame-size.js'
import type { Http } from './http.js'
import type { Settings } from './options.js'
import { openSocket, type Socket } from './socket.js'
import type { Tokens } from './tokens.js'
import { closeCodes } from '../../protocol/codes.js'
import type { ServerFrame, ServerFrames } from '../../protocol/frames.js'
import type { Side } from '../../protocol/wire.js'

/**
 * - `connecting`: for the first time
 * - `online`
 * - `offline`: the connection is lost; it is tried again, with growing pauses
 * - `draining`: the node asked to go elsewhere; it is tried again soon
 * - `revoked`: the token is no longer taken and there is no other; nothing is tried any more
 * - `closed`: by `close()`
 */
export type State = 'connecting' | 'online' | 'offline' | 'draining' | 'revoked' | 'closed'

/** A connection that lasted so long was a good one. */
const STABLE_MS = 5000
const tooMany = { code: 'too_many' }

export interface ConnectionListener {
  /** The first frame of each socket. */
  ready(payload: ServerFrames['ready']): void
  frame(frame: ServerFrame): void
  /** Whenever `isReady` is no longer true. */
  lost(): void
  state(state: State): void
  /** Nothing else hears of it. */
  error(error: ChatError): void
}

/** One connection to the service, over as many sockets as it takes, until it is closed or the token is revoked. */
export interface Connection {
  state(): State
  isReady(): boolean
  /** Another number whenever the socket is another or none. */
  generation(): number
  /** Bytes of the largest frame that the server takes, as the latest socket said. */
  frameBytes(): number
  /** Frames are dropped while there is no socket. */
  send: Socket['send']
  /** Ends it for good. */
  finish(last: 'revoked' | 'closed'): void
  /**
   * Is there a socket, the server must be heard within `checkMs`, or another socket is opened at once. Without one, it
   * connects now instead of after the pause.
   */
  check(): void
}

export interface ConnectionDeps {
  settings: Settings
  side: Side
  http: Http
  tokens: Tokens
}

/** Connects at once. @throws ChatError when the WebSocket cannot be made */
export function openConnection(
  { settings, side, http, tokens }: ConnectionDeps,
  listener: ConnectionListener,
): Connection {
  let state: State = 'connecting'
  let socket: Socket | undefined
  let readyAt: number | undefined
  let tries = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let generation = 0
  let frameBytes = DEFAULT_FRAME_BYTES
  /** Counts the tries to connect: what an earlier one still waits for is ignored. */
  let attempt = 0

  const isOver = () => state === 'revoked' || state === 'closed'
  const isOutdated = (own: number) => own !== attempt || isOver()

  function connect(): void {
    timer = undefined
    attempt++
    const token = tokens.current()
    if (token === undefined) void connectWithNewToken(attempt)
    else open(token)
  }

  async function connectWithNewToken(own: number): Promise<void> {
    try {
      const token = await tokens.get('socket')
      if (!isOutdated(own)) open(token)
    } catch (error) {
      if (isOutdated(own)) return
      enter('offline')
      listener.error(error as ChatError)
      retryWithBackoff(own)
    }
  }

  function open(token: string): void {
    socket = openSocket(settings, side, token, {
      frame(frame) {
        if (frame.type !== 'ready') {
          listener.frame(frame)
          return
        }
        tokens.accepted(token)
        readyAt = now()
        generation++
        frameBytes = orDefault(frame.payload.limits?.frame_bytes, DEFAULT_FRAME_BYTES)
        socket?.applyLimits(frame.payload.limits)
        listener.ready(frame.payload)
        enter('online')
      },
      failed: (cause) => listener.error(brokenAnswer(cause)),
      ended: (code) => void ended(code, token),
      unanswered() {
        const own = attempt
        if (forgetSocket() !== undefined) enter('offline')
        if (!isOutdated(own)) connect()
      },
    })
  }

  async function ended(code: number, token: string): Promise<void> {
    const own = attempt
    const lastedMs = forgetSocket()
    if (lastedMs !== undefined && lastedMs >= STABLE_MS) tries = 0
    if (code === closeCodes.tokenRevoked) {
      if (!tokens.refused(token)) return
      enter('offline')
      retryWithBackoff(own)
      return
    }
    if (code === closeCodes.goingAway) {
      tries = 0
      enter('draining')
      retry(own, settings.random() * settings.timing.drainRetryMs)
      return
    }
    if (lastedMs !== undefined) enter('offline')
    const refusal = lastedMs === undefined ? await probe(own) : code === closeCodes.tooManyFrames ? tooMany : undefined
    if (refusal?.code === tooMany.code) retry(own, chooseRepeatMs(settings, refusal, tries++))
    else retryWithBackoff(own)
  }

  /** Browsers do not tell why an upgrade was refused; an ordinary request does. Returns its refusal. */
  async function probe(own: number): Promise<ChatError | undefined> {
    const error = await http
      .get(side === 'store' ? 'store/messages/' : 'admin/notifications/count/', { limit: 1 })
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    const refusal = error instanceof ChatError ? error : undefined
    if (isOutdated(own)) return undefined
    if (refusal?.status === 403) refuse(refusal)
    else if (refusal?.status !== 503 || state !== 'draining') enter('offline')
    return refusal
  }

  function refuse(error: ChatError): void {
    listener.error(error)
    finish('revoked')
  }

  function retryWithBackoff(own: number): void {
    retry(own, chooseRetryMs(settings.random, settings.timing, tries++))
  }

  /** A listener may have closed or reconnected meanwhile: then this attempt does not go on. */
  function retry(own: number, pauseMs: number): void {
    if (!isOutdated(own)) timer = setTimeout(connect, pauseMs)
  }

  /** Returns for how many milliseconds the socket was ready; undefined when it never was. */
  function forgetSocket(): number | undefined {
    socket = undefined
    if (readyAt === undefined) return undefined
    const lastedMs = now() - readyAt
    readyAt = undefined
    generation++
    listener.lost()
    return lastedMs
  }

  function enter(next: State): void {
    if (state === next || isOver()) return
    state = next
    listener.state(next)
  }

  function finish(last: 'revoked' | 'closed'): void {
    if (isOver()) return
    clearTimeout(timer)
    socket?.close()
    forgetSocket()
    enter(last)
  }

  connect()

  return {
    state: () => state,
    isReady: () => readyAt !== undefined,
    generation: () => generation,
    frameBytes: () => frameBytes,
    send: (...frame) => socket?.send(...frame),
    finish,
    check() {
      if (isOver()) return
      tries = 0
      if (socket !== undefined) {
        socket.check()
        return
      }
      clearTimeout(timer)
      connect()
    },
  }
}
