import { wholeMs } from '../../times/whole-ms.js'

/**
 * For this long after `ready`, the first live seq of each session is recorded, so that a resume does not repeat live
 * frames.
 */
const RESUME_WINDOW_MS = 15_000

interface LiveFrame {
  seq: number
  /** Encoded for the wire. */
  frame: Buffer
  /** What follows once it is sent. */
  onSent(): void
}

/** The live frames of a session whose sync is being read. */
interface Hold {
  frames: LiveFrame[]
  wasReset: boolean
}

/**
 * Joins the live frames of a socket with `ready` and `sync`: each durable event reaches the socket once, whichever of them
 * brings it.
 */
export class ReplayBuffer {
  /** By session, the seq up to which `ready` or a `sync` has told the socket. */
  #watermarks: Map<number, number> | undefined
  #holds: Map<number, Hold> | undefined
  /** By session, the first seq that was sent live. Undefined before there is one, null once RESUME_WINDOW_MS is over. */
  #liveFrom: Map<number, number> | null | undefined
  #heldBytes = 0
  readonly #readyAt = wholeMs()

  /** Bytes of the frames that are held. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Records that `ready` or a `sync` has told the socket of a session up to a seq. */
  setWatermark(sessionId: number, seq: number): void {
    this.#watermarks ??= new Map()
    this.#watermarks.set(sessionId, seq)
  }

  /**
   * Whether a live frame is to be sent now. A frame of a session on hold is kept; an event that the socket has got is
   * dropped.
   */
  admit(sessionId: number, seq: number, frame: Buffer, onSent: () => void): boolean {
    const hold = this.#holds?.get(sessionId)
    if (hold) {
      hold.frames.push({ seq, frame, onSent })
      this.#heldBytes += frame.length
      return false
    }
    const watermark = this.#watermarks?.get(sessionId)
    if (watermark !== undefined) {
      if (seq <= watermark) return false
      this.#watermarks?.delete(sessionId)
    }
    this.#noteLive(sessionId, seq)
    return true
  }

  #noteLive(sessionId: number, seq: number): void {
    if (this.#liveFrom === null) return
    if (wholeMs() - this.#readyAt > RESUME_WINDOW_MS) {
      this.#liveFrom = null
      return
    }
    this.#liveFrom ??= new Map()
    if (!this.#liveFrom.has(sessionId)) this.#liveFrom.set(sessionId, seq)
  }

  /** Holds a session's live frames back until `release`. Returns the seq from which on it was sent live; null where it was not. */
  hold(sessionId: number): number | null {
    this.#holds ??= new Map()
    if (!this.#holds.has(sessionId)) this.#holds.set(sessionId, { frames: [], wasReset: false })
    return this.#liveFrom?.get(sessionId) ?? null
  }

  /** Whether the session was reset since `hold`: what was read of it meanwhile is outdated. */
  wasReset(sessionId: number): boolean {
    return this.#holds?.get(sessionId)?.wasReset === true
  }

  /** Ends `hold`. Returns the frames that came meanwhile, in order; each has still to pass `admit`. */
  release(sessionId: number): LiveFrame[] {
    const frames = this.#holds?.get(sessionId)?.frames ?? []
    this.#holds?.delete(sessionId)
    for (const { frame } of frames) this.#heldBytes -= frame.length
    return frames
  }

  /** Forgets what was recorded of a session: a sync with `reset` begins it anew. */
  forget(sessionId: number): void {
    this.#watermarks?.delete(sessionId)
    this.#liveFrom?.delete(sessionId)
  }

  /** The node resets a session: frames on hold, and what is being read of it, are outdated, too. */
  reset(sessionId: number): void {
    this.forget(sessionId)
    const hold = this.#holds?.get(sessionId)
    if (hold === undefined) return
    for (const { frame } of hold.frames) this.#heldBytes -= frame.length
    hold.frames = []
    hold.wasReset = true
  }
}
