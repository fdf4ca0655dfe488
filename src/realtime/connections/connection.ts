import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import { ReplayBuffer } from '../resume/replay-buffer.js'
import type { ConnectionDeps } from './connection-deps.js'
import { drainOrClose } from './drain-or-close.js'
import { countSent } from './socket-counts.js'
import { encodeTextFrame } from './text-frame.js'
import type { Account } from '../../protocol/account.js'
import { closeCodes } from '../../protocol/codes.js'
import { wholeMs } from '../../times/whole-ms.js'

/** A peer that does not answer a close frame within this time is cut. */
const CLOSE_PATIENCE_MS = 1000
/** When so many frames wait, or one so large, the socket is paused: libuv reads up to 2 MB of a socket in one turn. */
const MAX_WAITING_FRAMES = 32
const LARGE_FRAME_BYTES = 8192
/** The answer to the handshake waits this long for `ready`, so that both leave in one system call. */
const HANDSHAKE_PATIENCE_MS = 100
/** Once so many bytes are corked they are sent, without waiting for the end of the tick. */
const MAX_CORKED_BYTES = 65_536

/** One socket of an account. */
export class Connection {
  /** Spreads the pings over the interval. */
  readonly number: number
  /** Undefined while nothing is being done, so that an idle socket costs little. */
  #work: Promise<void> | undefined
  /** Frames that came while others are being handled. */
  #waiting: RawData[] | undefined
  #name: string | undefined
  #isCorked = true
  /** Set while the wire is corked since before the handshake was answered. */
  #handshakeTimer: NodeJS.Timeout | undefined
  #allowance: number
  #allowanceAt = wholeMs()
  /** Pings that the peer has not answered. */
  #unansweredPings = 0
  /** Undefined until the socket is ready. */
  #replay: ReplayBuffer | undefined

  constructor(
    readonly socket: WebSocket,
    /** The TCP or TLS socket under the WebSocket. */
    readonly wire: Socket,
    /** Replaced when its role changes. */
    public account: Account,
    readonly deps: ConnectionDeps,
  ) {
    this.number = deps.nextNumber()
    this.#allowance = deps.limits.frameBurst
    this.#handshakeTimer = setTimeout(() => this.uncork(), HANDSHAKE_PATIENCE_MS)
  }

  /** The same for no other connection of any node. Only those that need one have a name: it costs memory. */
  get name(): string {
    return (this.#name ??= randomUUID())
  }

  isNamed(name: string | undefined): boolean {
    return name !== undefined && this.#name === name
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN
  }

  /** Sends `ready`, which tells of `session` up to its seq. Live frames are sent from then on. */
  ready(frame: string, session?: { id: number; seq: number }): void {
    this.#replay = new ReplayBuffer()
    if (session) this.#replay.setWatermark(session.id, session.seq)
    this.send(frame)
    if (this.#handshakeTimer) this.deps.flushes.schedule(this)
  }

  send(text: string): void {
    this.#write(encodeTextFrame(text))
  }

  /** Writes past `ws`, which would encode a frame once per socket. All frames of one tick leave together. */
  #write(frame: Buffer): void {
    if (this.#replay === undefined || !this.isOpen) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.wire.cork()
      this.deps.flushes.schedule(this)
    }
    this.wire.write(frame)
    countSent(this.deps.counts[this.account.side], frame)
    if (this.wire.writableLength < MAX_CORKED_BYTES) return
    this.wire.uncork()
    this.wire.cork()
  }

  /** A reader that is too slow is closed with 4008; its client reconnects and resumes. */
  uncork(): void {
    clearTimeout(this.#handshakeTimer)
    this.#handshakeTimer = undefined
    this.#isCorked = false
    this.wire.uncork()
    if (this.wire.writableLength > this.deps.limits.bufferBytes) this.close(closeCodes.tooSlow, 'reader too slow')
  }

  /**
   * Sends the encoded frame of a durable event, unless the socket has got it by `ready` or `sync`. One that is held is sent by
   * `release`. Calls `onSent` once it is sent.
   */
  sendLive(sessionId: number, seq: number, frame: Buffer, onSent: () => void): void {
    const replay = this.#replay
    if (replay?.admit(sessionId, seq, frame, onSent) === true) {
      this.#write(frame)
      if (!this.isOpen) return
      this.deps.counts[this.account.side].deliveries++
      onSent()
    } else if (replay && replay.heldBytes > this.deps.limits.bufferBytes) {
      this.close(closeCodes.tooSlow, 'reader too slow')
    }
  }

  /** Holds a session's live frames back until `release`. Returns the seq from which on it was sent live; null where it was not. */
  hold(sessionId: number): number | null {
    return this.#replay?.hold(sessionId) ?? null
  }

  /** Whether this node reset the session since `hold`. */
  wasReset(sessionId: number): boolean {
    return this.#replay?.wasReset(sessionId) === true
  }

  /** Ends `hold`: sends the frames that came meanwhile, except those up to `watermark`, which a sync has told. */
  release(sessionId: number, watermark?: number): void {
    const frames = this.#replay?.release(sessionId) ?? []
    if (watermark !== undefined) this.#replay?.setWatermark(sessionId, watermark)
    for (const { seq, frame, onSent } of frames) this.sendLive(sessionId, seq, frame, onSent)
  }

  /** Forgets what was sent of a session: a sync begins it anew for this socket. */
  forget(sessionId: number): void {
    this.#replay?.forget(sessionId)
  }

  /** This node resets a session to a seq: sends the encoded sync that tells it. */
  reset(sessionId: number, seq: number, sync: Buffer): void {
    this.#replay?.reset(sessionId)
    this.#replay?.setWatermark(sessionId, seq)
    this.#write(sync)
  }

  /** Resolves when the reader has taken most of what was sent, or is gone. */
  async drained(): Promise<void> {
    while (this.isOpen && this.wire.writableLength > this.deps.limits.bufferBytes / 4) await drainOrClose(this.wire)
  }

  /** Takes one frame from the allowance, which refills evenly. Returns false when none is left. */
  allowFrame(): boolean {
    const { framesPerSecond, frameBurst } = this.deps.limits
    const now = wholeMs()
    this.#allowance = Math.min(frameBurst, this.#allowance + ((now - this.#allowanceAt) / 1000) * framesPerSecond)
    this.#allowanceAt = now
    if (this.#allowance < 1) return false
    this.#allowance -= 1
    return true
  }

  /** Pings the peer. Returns false when it has missed too many pings. */
  ping(mostMissed: number): boolean {
    if (this.#unansweredPings >= mostMissed) return false
    this.#unansweredPings++
    if (this.isOpen) this.socket.ping()
    return true
  }

  /** The peer has sent something, so it is alive. Returns whether a ping was waiting for an answer. */
  noteAlive(): boolean {
    const wasAsked = this.#unansweredPings > 0
    this.#unansweredPings = 0
    return wasAsked
  }

  /** The work under way for the socket; undefined when there is none. It may outlast the socket. */
  get work(): Promise<void> | undefined {
    return this.#work
  }

  /** Runs work before the first frame is handled. */
  begin(work: Promise<void>): void {
    this.#work = work.then(() => this.#handleWaiting())
  }

  /**
   * Handles a frame after those before it; frames that wait are handled together. While many or large ones wait, the socket
   * is paused. Once the socket is closed or closing, waiting frames are dropped.
   */
  take(frame: RawData): void {
    if (!this.isOpen) return
    this.deps.counts[this.account.side].framesReceived++
    this.#waiting ??= []
    this.#waiting.push(frame)
    const isLong = this.#waiting.length === MAX_WAITING_FRAMES
    if (isLong || (frame as Buffer).length >= LARGE_FRAME_BYTES) this.socket.pause()
    this.#work ??= this.#handleWaiting()
  }

  async #handleWaiting(): Promise<void> {
    const waiting = (this.#waiting ??= [])
    while (waiting.length > 0 && this.isOpen) {
      await this.deps.handle(this, waiting.splice(0))
      if (waiting.length === 0 && this.socket.isPaused) this.socket.resume()
    }
    this.#waiting = undefined
    this.#work = undefined
  }

  /** Closes when the frames that came are handled. Resolves when the socket is closed. */
  async closeWhenDone(code: number, reason: string): Promise<void> {
    await Promise.race([this.#work, new Promise((resolve) => setTimeout(resolve, CLOSE_PATIENCE_MS))])
    if (this.socket.readyState === this.socket.CLOSED) return
    const gone = new Promise((resolve) => this.socket.once('close', resolve))
    this.close(code, reason)
    // Also ends a socket that has begun to close by itself and hangs.
    const timer = setTimeout(() => this.socket.terminate(), CLOSE_PATIENCE_MS)
    await gone
    clearTimeout(timer)
  }

  /** Closes with one of `closeCodes`. A peer that does not answer is cut. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return
    if (this.#handshakeTimer) this.uncork()
    this.deps.counts.closes.set(code, (this.deps.counts.closes.get(code) ?? 0) + 1)
    this.socket.close(code, reason)
    setTimeout(() => this.socket.terminate(), CLOSE_PATIENCE_MS)
  }

  /** Ends a socket that `ws` has closed because the peer broke the protocol. */
  endBroken(): void {
    setTimeout(() => this.socket.terminate(), CLOSE_PATIENCE_MS)
    // After `ws` has resumed reading, only to drop what comes.
    setImmediate(() => this.wire.pause())
  }

  /** Closes because of a fault of the peer and stops reading: what the peer goes on to send costs nothing. */
  refuse(code: number, reason: string): void {
    if (!this.isOpen) return
    this.close(code, reason)
    this.wire.end()
    this.socket.pause()
  }
}
