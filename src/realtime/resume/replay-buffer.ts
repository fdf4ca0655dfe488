/** How long after `ready` the first live frames are noted, so that a resume does not repeat them. */
const RESUME_WINDOW_MS = 15_000

interface LiveFrame {
  seq: number
  /** Encoded for the wire. */
  frame: Buffer
}

/** A session whose sync is being read. */
interface Hold {
  frames: LiveFrame[]
  wasReset: boolean
}

/**
 * Joins what a socket is sent live with what it is sent by `ready` and `sync`: each durable event reaches the socket once,
 * whichever of them brings it.
 */
export class ReplayBuffer {
  /** By session, the seq up to which this socket was sent otherwise than live. */
  #floors: Map<number, number> | undefined
  #holds: Map<number, Hold> | undefined
  /** By session, the first seq that was sent live. Undefined once a resume comes too late to need it. */
  #liveFrom: Map<number, number> | undefined = new Map()
  #heldBytes = 0
  readonly #readyAt = Date.now()

  /** Bytes of frames that wait for syncs. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** `ready` or a `sync` has told of a session up to a seq. */
  setFloor(sessionId: number, seq: number): void {
    this.#floors ??= new Map()
    this.#floors.set(sessionId, seq)
  }

  /** Whether a live frame is to be sent now: not while it is held back, and not when the socket knows the event. */
  admit(sessionId: number, seq: number, frame: Buffer): boolean {
    const hold = this.#holds?.get(sessionId)
    if (hold) {
      hold.frames.push({ seq, frame })
      this.#heldBytes += frame.length
      return false
    }
    const floor = this.#floors?.get(sessionId)
    if (floor !== undefined) {
      if (seq <= floor) return false
      this.#floors?.delete(sessionId)
    }
    this.#noteLive(sessionId, seq)
    return true
  }

  #noteLive(sessionId: number, seq: number): void {
    if (this.#liveFrom === undefined) return
    if (Date.now() - this.#readyAt > RESUME_WINDOW_MS) this.#liveFrom = undefined
    else if (!this.#liveFrom.has(sessionId)) this.#liveFrom.set(sessionId, seq)
  }

  /** Holds a session's live frames back until `release`. Returns the seq from which on it was sent live; null where it was not. */
  hold(sessionId: number): number | null {
    this.#holds ??= new Map()
    if (!this.#holds.has(sessionId)) this.#holds.set(sessionId, { frames: [], wasReset: false })
    return this.#liveFrom?.get(sessionId) ?? null
  }

  /** Whether the session was begun anew since `hold`: what was read of it meanwhile is of the past. */
  wasReset(sessionId: number): boolean {
    return this.#holds?.get(sessionId)?.wasReset === true
  }

  /** Ends `hold`. Returns the frames that came meanwhile, in their order; each has still to be admitted. */
  release(sessionId: number): LiveFrame[] {
    const frames = this.#holds?.get(sessionId)?.frames ?? []
    this.#holds?.delete(sessionId)
    for (const { frame } of frames) this.#heldBytes -= frame.length
    return frames
  }

  /** A sync begins a session anew: what was noted of it counts in a history that is gone. */
  forget(sessionId: number): void {
    this.#floors?.delete(sessionId)
    this.#liveFrom?.delete(sessionId)
  }

  /** The node begins a session anew: what came live before, and what is being read of it, is of the past, too. */
  reset(sessionId: number): void {
    this.forget(sessionId)
    const hold = this.#holds?.get(sessionId)
    if (hold === undefined) return
    for (const { frame } of hold.frames) this.#heldBytes -= frame.length
    hold.frames = []
    hold.wasReset = true
  }
}
