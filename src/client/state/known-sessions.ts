import type { ServerFrames } from '../../protocol/frames.js'
import type { SessionStatus } from '../../protocol/wire.js'

export type LiveEvent =
  | { type: 'message'; payload: ServerFrames['message'] }
  | { type: 'session_update'; payload: ServerFrames['session_update'] }

/** How far a session was reported. A reset begins a new object: after an `await`, an older one is outdated. */
export interface KnownSession {
  /** The seq of the newest event that was reported; undefined when the session is known over HTTP only. */
  lastSeq?: number
  /** The history that `lastSeq` counts in; undefined when the server did not say. */
  epoch?: string
  /** The newest message that was reported. */
  lastMessageId: number
  /** The newest message of an HTTP answer. */
  fetchedMessageId: number
  isClosed: boolean
  /** Live events that wait for the answer to a resume; undefined when none is awaited. */
  buffered?: LiveEvent[]
  /** The answer has come, and its further pages are read. */
  isSyncing?: boolean
}

/** Late events concern sessions that were closed recently. */
const MAX_CLOSED = 1000

/** The sessions that a client knows. Of the closed ones it keeps the latest. */
export class KnownSessions extends Map<number, KnownSession> {
  /** In the order in which they were closed. */
  readonly #closed = new Set<number>()

  /** Returns a known session, or adds it. */
  getOrAdd(id: number, start: { lastSeq?: number; epoch: string | undefined }): KnownSession {
    const found = this.get(id)
    if (found !== undefined) return found
    const known: KnownSession = { lastMessageId: 0, fetchedMessageId: 0, isClosed: false }
    if (start.lastSeq !== undefined) known.lastSeq = start.lastSeq
    if (start.epoch !== undefined) known.epoch = start.epoch
    this.set(id, known)
    return known
  }

  /** Only a reset opens a closed session again. */
  noteStatus(id: number, known: KnownSession, status: SessionStatus): void {
    known.isClosed = status === 'closed'
    if (!known.isClosed) this.#closed.delete(id)
    else this.#closed.add(id)
    this.forgetClosed(MAX_CLOSED, () => true)
  }

  /** Of the closed sessions that match, forgets all but the latest. */
  forgetClosed(keptCount: number, matches: (known: KnownSession | undefined) => boolean): void {
    if (this.#closed.size <= keptCount) return
    const found = [...this.#closed].filter((id) => matches(this.get(id)))
    for (const id of found.slice(0, Math.max(0, found.length - keptCount))) this.delete(id)
  }

  override delete(id: number): boolean {
    this.#closed.delete(id)
    return super.delete(id)
  }
}
