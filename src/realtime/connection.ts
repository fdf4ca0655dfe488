import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import type { Account } from '../accounts/authentication.js'
import { closeCodes } from './frames.js'
import { encodeTextFrame } from './text-frame.js'

/** After a close frame, a peer that does not answer is cut. */
const CLOSE_PATIENCE_MS = 1000
/** How long after `ready` live frames are remembered, so that a resume does not repeat them. */
const RESUME_WINDOW_MS = 15_000

export interface SocketLimits {
  /** Bytes that may wait for a slow reader. */
  bufferBytes: number
  framesPerSecond: number
  frameBurst: number
}

/** Frames that wait to be handled before the socket is not read any more. */
const MOST_WAITING = 32

const SHORTEST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 20
/** So much does not wait for more. */
const MOST_TOGETHER_BYTES = 65_536

let connectionCount = 0
/** Those that were written to and wait to be uncorked. */
let corked: Connection[] = []
let pauseEndsAt = 0

/**
 * At the end of this turn of the event loop. To very many sockets that takes long, mostly in the kernel and however little
 * each of them is sent; it is followed by a pause of the same length, so that what comes meanwhile goes out together.
 */
function uncorkSoon(): void {
  const pauseMs = pauseEndsAt - performance.now()
  if (pauseMs > 0) setTimeout(uncorkAll, pauseMs)
  else process.nextTick(uncorkAll)
}

function uncorkAll(): void {
  const written = corked
  corked = []
  const startedAt = performance.now()
  for (const connection of written) connection.uncork()
  const endedAt = performance.now()
  const tookMs = endedAt - startedAt
  pauseEndsAt = tookMs < SHORTEST_PAUSE_MS ? 0 : endedAt + Math.min(tookMs, LONGEST_PAUSE_MS)
}

/** One socket of an account. */
export class Connection {
  /** Spreads regular work over the sockets. */
  readonly number = connectionCount++
  missedPings = 0
  /** Undefined while there is nothing to do: an idle socket should cost little. */
  #work: Promise<void> | undefined
  /** Frames that came while others are being handled. */
  #waiting: RawData[] | undefined
  #isReady = false
  #isCorked = false
  #readyAt = 0
  #allowance: number
  #allowanceAt = Date.now()
  /** By session, the seq up to which this socket was told otherwise than live. */
  #floors: Map<number, number> | undefined
  /** By session, what came live while its sync was being read. */
  #held: Map<number, { seq: number; frame: Buffer }[]> | undefined
  /** By session, the first seq that was told live. */
  #liveFrom: Map<number, number> | undefined

  constructor(
    readonly socket: WebSocket,
    /** What the WebSocket runs over. */
    readonly wire: Socket,
    readonly account: Account,
    readonly limits: SocketLimits,
    readonly handle: (connection: Connection, frames: RawData[]) => Promise<void>,
  ) {
    this.#allowance = limits.frameBurst
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN
  }

  /** Sends the first frame; from then on live frames are due. A live frame of a session up to its floor would repeat it. */
  ready(frame: string, floor?: { id: number; seq: number }): void {
    if (floor) this.#floors = new Map([[floor.id, floor.seq]])
    this.#isReady = true
    this.#readyAt = Date.now()
    this.send(frame)
  }

  send(text: string): void {
    this.#write(encodeTextFrame(text))
  }

  /** Past `ws`, which would encode a frame for each socket that it goes to. What is written in one turn leaves together. */
  #write(frame: Buffer): void {
    if (!this.#isReady || !this.isOpen) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.wire.cork()
      if (corked.push(this) === 1) uncorkSoon()
    }
    this.wire.write(frame)
    if (this.wire.writableLength < MOST_TOGETHER_BYTES) return
    this.wire.uncork()
    this.wire.cork()
  }

  /** When more waits then than may, the socket is closed; the client resumes when it can. */
  uncork(): void {
    this.#isCorked = false
    this.wire.uncork()
    if (this.wire.writableLength > this.limits.bufferBytes) this.close(closeCodes.tooSlow, 'reader too slow')
  }

  /** Sends a durable event's frame, encoded, unless this socket was told already. Returns whether it was told now. */
  sendLive(sessionId: number, seq: number, frame: Buffer): boolean {
    if (!this.#isReady) return false
    const held = this.#held?.get(sessionId)
    if (held) {
      held.push({ seq, frame })
      return false
    }
    const floor = this.#floors?.get(sessionId)
    if (floor !== undefined) {
      if (seq <= floor) return false
      this.#floors?.delete(sessionId)
    }
    this.#remember(sessionId, seq)
    this.#write(frame)
    return this.isOpen
  }

  #remember(sessionId: number, seq: number): void {
    if (this.#readyAt === 0) return
    if (Date.now() - this.#readyAt > RESUME_WINDOW_MS) {
      this.#readyAt = 0
      this.#liveFrom = undefined
      return
    }
    this.#liveFrom ??= new Map()
    if (!this.#liveFrom.has(sessionId)) this.#liveFrom.set(sessionId, seq)
  }

  /** Holds a session's live frames back. Returns the seq from which on it was told live so far. */
  hold(sessionId: number): number {
    this.#held ??= new Map()
    if (!this.#held.has(sessionId)) this.#held.set(sessionId, [])
    return this.#liveFrom?.get(sessionId) ?? Number.MAX_SAFE_INTEGER
  }

  /** Ends `hold`: what came meanwhile goes out, but for what lies below the floor. */
  release(sessionId: number, floor = 0): void {
    const held = this.#held?.get(sessionId) ?? []
    this.#held?.delete(sessionId)
    if (floor > 0) (this.#floors ??= new Map()).set(sessionId, floor)
    for (const { seq, frame } of held) this.sendLive(sessionId, seq, frame)
  }

  /** Takes one frame from the allowance, which refills evenly; false when there is none left. */
  allowFrame(): boolean {
    const { framesPerSecond, frameBurst } = this.limits
    const now = Date.now()
    const refill = ((now - this.#allowanceAt) / 1000) * framesPerSecond
    this.#allowance = Math.min(frameBurst, this.#allowance + refill)
    this.#allowanceAt = now
    if (this.#allowance < 1) return false
    this.#allowance -= 1
    return true
  }

  /** Does something before the first frame is handled. */
  begin(work: Promise<void>): void {
    this.#work = work.then(() => this.#handleWaiting())
  }

  /** Has a frame handled after those before it, with those that wait as well. While many wait, the socket is not read. */
  take(frame: RawData): void {
    this.#waiting ??= []
    this.#waiting.push(frame)
    if (this.#waiting.length === MOST_WAITING) this.socket.pause()
    this.#work ??= this.#handleWaiting()
  }

  async #handleWaiting(): Promise<void> {
    while (this.#waiting !== undefined) {
      const frames = this.#waiting
      this.#waiting = undefined
      if (frames.length >= MOST_WAITING) this.socket.resume()
      await this.handle(this, frames)
    }
    this.#work = undefined
  }

  /** Closes when the frames that came are handled, and resolves when the socket has gone. */
  async closeWhenDone(code: number, reason: string): Promise<void> {
    await Promise.race([this.#work, new Promise((resolve) => setTimeout(resolve, CLOSE_PATIENCE_MS))])
    if (this.socket.readyState === this.socket.CLOSED) return
    const gone = new Promise((resolve) => this.socket.once('close', resolve))
    this.close(code, reason)
    // Also one that has begun to close by itself and gets no further.
    const timer = setTimeout(() => this.socket.terminate(), CLOSE_PATIENCE_MS)
    await gone
    clearTimeout(timer)
  }

  /** Closes with a code of the table; a peer that does not answer is cut. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return
    this.socket.close(code, reason)
    setTimeout(() => this.socket.terminate(), CLOSE_PATIENCE_MS)
  }
}
