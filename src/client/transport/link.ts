import { chooseRepeatMs, chooseRetryMs } from './backoff.js'
import { ChatError } from './chat-error.js'
import { orDefault } from './frame-gate.js'
import { DEFAULT_FRAME_BYTES } from './frame-size.js'
import type { Http } from './http.js'
import type { Settings } from './options.js'
import { CUT, openSocket, type Socket } from './socket.js'
import type { ServerFrame, ServerFrames, Side } from '../../protocol/wire.js'

/**
 * - `connecting`: for the first time
 * - `online`
 * - `offline`: the connection is lost; it is tried again, with growing pauses
 * - `draining`: the node asked to go elsewhere; it is tried again soon
 * - `revoked`: the token is no longer taken; nothing is tried any more
 * - `closed`: by `close()`
 */
export type State = 'connecting' | 'online' | 'offline' | 'draining' | 'revoked' | 'closed'

/** What the server ends a socket with, as far as it matters here. */
const GOING_AWAY = 1001
const TOKEN_REVOKED = 4001
const TOO_MANY_FRAMES = 4029
/** A connection that lasted so long was a good one. */
const STABLE_MS = 5000
const tooMany = { code: 'too_many' }

export interface LinkOwner {
  /** The first frame of each connection. */
  ready(payload: ServerFrames['ready']): void
  frame(frame: ServerFrame): void
  /** Whenever `ready` is no longer true. */
  lost(): void
  state(state: State): void
  error(error: ChatError): void
}

/** Keeps one socket open, until it is closed or the token is revoked. */
export function openLink(settings: Settings, side: Side, http: Http, owner: LinkOwner) {
  let state: State = 'connecting'
  let socket: Socket | undefined
  let readyAt: number | undefined
  let tries = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let generation = 0
  let frameBytes = DEFAULT_FRAME_BYTES

  const isOver = () => state === 'revoked' || state === 'closed'

  function connect(): void {
    timer = undefined
    socket = openSocket(settings, side, {
      frame(frame) {
        if (frame.type !== 'ready') {
          owner.frame(frame)
          return
        }
        readyAt = Date.now()
        generation++
        frameBytes = orDefault(frame.payload.limits?.frame_bytes, DEFAULT_FRAME_BYTES)
        socket?.obey(frame.payload.limits)
        owner.ready(frame.payload)
        enter('online')
      },
      end: (code) => void ended(code),
    })
  }

  async function ended(code: number): Promise<void> {
    socket = undefined
    const lasted = readyAt === undefined ? undefined : Date.now() - readyAt
    unready()
    if (code === TOKEN_REVOKED) {
      finish('revoked')
      return
    }
    if (code === GOING_AWAY) {
      tries = 0
      enter('draining')
      retry(settings.random() * settings.timing.drainRetryMs)
      return
    }
    if (lasted !== undefined && lasted >= STABLE_MS) tries = 0
    if (lasted !== undefined) enter('offline')
    const refusal = lasted === undefined ? await probe() : code === TOO_MANY_FRAMES ? tooMany : undefined
    if (isOver()) return
    retry(
      refusal?.code === tooMany.code
        ? chooseRepeatMs(settings, refusal, tries++)
        : chooseRetryMs(settings.random, settings.timing, tries++),
    )
  }

  /** Browsers do not tell why an upgrade was refused; an ordinary request does. Returns its refusal. */
  async function probe(): Promise<ChatError | undefined> {
    const error = await http
      .get(side === 'store' ? 'store/messages/' : 'admin/notifications/count/', { limit: 1 })
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    const refusal = error instanceof ChatError ? error : undefined
    if (refusal?.status === 403) refuse(refusal)
    else if (refusal?.status !== 503 || state !== 'draining') enter('offline')
    return refusal
  }

  function refuse(error: ChatError): void {
    owner.error(error)
    finish('revoked')
  }

  function retry(pauseMs: number): void {
    timer = setTimeout(connect, pauseMs)
  }

  function unready(): void {
    if (readyAt === undefined) return
    readyAt = undefined
    generation++
    owner.lost()
  }

  function enter(next: State): void {
    if (state === next || isOver()) return
    state = next
    owner.state(next)
  }

  function finish(last: 'revoked' | 'closed'): void {
    if (isOver()) return
    clearTimeout(timer)
    socket?.drop()
    socket = undefined
    unready()
    enter(last)
  }

  connect()

  return {
    state: () => state,
    isReady: () => readyAt !== undefined,
    /** Another number whenever the connection is another or none. */
    generation: () => generation,
    /** Bytes of the largest frame that the server takes, as the latest connection said. */
    frameBytes: () => frameBytes,
    send: (...frame: Parameters<Socket['send']>): void => socket?.send(...frame),
    finish,
    /** The connection is no good. */
    drop(): void {
      socket?.drop(true)
      if (socket) void ended(CUT)
    },
    /** Tries at once instead of after the pause. */
    reconnect(): void {
      if (timer === undefined || isOver()) return
      clearTimeout(timer)
      connect()
    },
  }
}

export type Link = ReturnType<typeof openLink>
