import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import { ReplayBuffer } from '../resume/replay-buffer.js'
import type { FlushScheduler } from './flush-scheduler.js'
import { encodeTextFrame } from './text-frame.js'
import type { Account } from '../../protocol/account.js'
import { closeCodes } from '../../protocol/codes.js'

/** After a close frame, a peer that does not answer is cut. */
const CLOSE_PATIENCE_MS = 1000

export interface SocketLimits {
  /** Bytes that may wait for a slow reader. */
  bufferBytes: number
  framesPerSecond: number
  frameBurst: number
}

/** Frames that wait to be handled before the socket is not read any more. */
const MAX_WAITING_FRAMES = 32

/** So much does not wait for more. */
const MAX_CORKED_BYTES = 65_536

/** What all connections of a node share. */
export interface ConnectionDeps {
  limits: SocketLimits
  flushes: FlushScheduler
  /** A number for each connection, in the order in which they come. */
  nextNumber(): number
  /** Handles frames of a connection, in their order. It must not reject. */
  handle(connection: Connection, frames: RawData[]): Promise<void>
}

/** One socket of an account. */
export class Connection {
  /** Spreads regular work over the sockets. */
  readonly number: number
  /** Undefined while there is nothing to do: an idle socket should cost little. */
  #work: Promise<void> | undefined
  /** Frames that came while others are being handled. */
  #waiting: RawData[] | undefined
  #isCorked = false
  #allowance: number
  #allowanceAt = Date.now()
  /** Pings of ours that have not been answered. */
  #unansweredPings = 0
  /** Undefined until the socket is ready. */
  #replay: ReplayBuffer | undefined

  constructor(
    readonly socket: WebSocket,
    /** What the WebSocket runs over. */
    readonly wire: Socket,
    readonly account: Account,
    readonly deps: ConnectionDeps,
  ) {
    this.number = deps.nextNumber()
    this.#allowance = deps.limits.frameBurst
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN
  }

  /** Sends the first frame; from then on live frames are due. It tells of a session up to a seq. */
  ready(frame: string, session?: { id: number; seq: number }): void {
    this.#replay = new ReplayBuffer()
    if (session) this.#replay.setFloor(session.id, session.seq)
    this.send(frame)
  }

  send(text: string): void {
    this.#write(encodeTextFrame(text))
  }

  /** Past `ws`, which would encode a frame for each socket that it goes to. What is written in one turn leaves together. */
  #write(frame: Buffer): void {
    if (this.#replay === undefined || !this.isOpen) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.wire.cork()
      this.deps.flushes.schedule(this)
    }
    this.wire.write(frame)
    if (this.wire.writableLength < MAX_CORKED_BYTES) return
    this.wire.uncork()
    this.wire.cork()
  }

  /** When more waits then than may, the socket is closed; the client resumes when it can. */
  uncork(): void {
    this.#isCorked = false
    this.wire.uncork()
    if (this.wire.writableLength > this.deps.limits.bufferBytes) this.close(closeCodes.tooSlow, 'reader too slow')
  }

  /** Sends a durable event's frame, encoded, unless this socket knows the event. Returns whether it was sent now. */
  sendLive(sessionId: number, seq: number, frame: Buffer): boolean {
    const replay = this.#replay
    if (replay === undefined) return false
    if (replay.admit(sessionId, seq, frame)) {
      this.#write(frame)
      return this.isOpen
    }
    if (replay.heldBytes > this.deps.limits.bufferBytes) this.close(closeCodes.tooSlow, 'reader too slow')
    return false
  }

  /** Holds a session's live frames back until `release`. Returns the seq from which on it was sent live; null where it was not. */
  hold(sessionId: number): number | null {
    return this.#replay?.hold(sessionId) ?? null
  }

  /** Whether the session was begun anew since `hold`. */
  wasReset(sessionId: number): boolean {
    return this.#replay?.wasReset(sessionId) === true
  }

  /** Ends `hold`: what came meanwhile goes out, but for what a sync has told, up to `floor`. */
  release(sessionId: number, floor?: number): void {
    const frames = this.#replay?.release(sessionId) ?? []
    if (floor !== undefined) this.#replay?.setFloor(sessionId, floor)
    for (const { seq, frame } of frames) this.sendLive(sessionId, seq, frame)
  }

  /** A sync begins a session anew for this socket. */
  forget(sessionId: number): void {
    this.#replay?.forget(sessionId)
  }

  /** This node begins a session anew at a seq. Sends the sync that says so, encoded. */
  reset(sessionId: number, seq: number, sync: Buffer): void {
    this.#replay?.reset(sessionId)
    this.#replay?.setFloor(sessionId, seq)
    this.#write(sync)
  }

  /** Resolves when the reader has taken most of what was sent, or is gone. */
  async drained(): Promise<void> {
    const { wire } = this
    while (this.isOpen && wire.writableLength > this.deps.limits.bufferBytes / 4) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          wire.off('drain', done)
          wire.off('close', done)
          resolve()
        }
        wire.on('drain', done)
        wire.on('close', done)
      })
    }
  }

  /** Takes one frame from the allowance, which refills evenly; false when there is none left. */
  allowFrame(): boolean {
    const { framesPerSecond, frameBurst } = this.deps.limits
    const now = Date.now()
    const refill = ((now - this.#allowanceAt) / 1000) * framesPerSecond
    this.#allowance = Math.min(frameBurst, this.#allowance + refill)
    this.#allowanceAt = now
    if (this.#allowance < 1) return false
    this.#allowance -= 1
    return true
  }

  /** Pings the peer; false when it has missed too many pings. */
  ping(mostMissed: number): boolean {
    if (this.#unansweredPings >= mostMissed) return false
    this.#unansweredPings++
    if (this.isOpen) this.socket.ping()
    return true
  }

  /** The peer has sent something, so it is there. Returns whether a ping of ours waited for that. */
  noteAlive(): boolean {
    const wasAsked = this.#unansweredPings > 0
    this.#unansweredPings = 0
    return wasAsked
  }

  /** What is being done for the socket; undefined when nothing is. It may outlast the socket. */
  get work(): Promise<void> | undefined {
    return this.#work
  }

  /** Does something before the first frame is handled. */
  begin(work: Promise<void>): void {
    this.#work = work.then(() => this.#handleWaiting())
  }

  /**
   * Has a frame handled after those before it, with those that wait as well. While many wait, the socket is not read. Once
   * the socket is closed or closing, nothing that waits is handled any more.
   */
  take(frame: RawData): void {
    if (!this.isOpen) return
    this.#waiting ??= []
    this.#waiting.push(frame)
    if (this.#waiting.length === MAX_WAITING_FRAMES) this.socket.pause()
    this.#work ??= this.#handleWaiting()
  }

  async #handleWaiting(): Promise<void> {
    while (this.#waiting !== undefined && this.isOpen) {
      const frames = this.#waiting
      this.#waiting = undefined
      if (frames.length >= MAX_WAITING_FRAMES) this.socket.resume()
      await this.deps.handle(this, frames)
    }
    this.#waiting = undefined
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

  /** Closes with a code of the table. A peer that does not answer is cut. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return
    this.socket.close(code, reason)
    setTimeout(() => this.socket.terminate(), CLOSE_PATIENCE_MS)
  }

  /** The peer has broken the protocol, and ws has closed the socket with the code that fits. */
  endBroken(): void {
    setTimeout(() => this.socket.terminate(), CLOSE_PATIENCE_MS)
    // After ws, which would go on to read what comes, only to drop it.
    setImmediate(() => this.wire.pause())
  }

  /** Closes for a fault of the peer, which is not listened to any more: what it goes on to send costs nothing. */
  refuse(code: number, reason: string): void {
    if (!this.isOpen) return
    this.close(code, reason)
    this.wire.end()
    this.socket.pause()
  }
}
