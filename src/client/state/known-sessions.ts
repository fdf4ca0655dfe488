import type { ServerFrames, SessionStatus } from '../../protocol/wire.js'

export type LiveEvent =
  | { type: 'message'; payload: ServerFrames['message'] }
  | { type: 'session_update'; payload: ServerFrames['session_update'] }

/** What is known of a session. A reset begins with a new object: who holds an older one after a pause is outdated. */
export interface KnownSession {
  /** The seq of the newest event that was told; undefined when the session is known over HTTP only. */
  last?: number
  /** The history that `last` counts in; undefined when the server did not say. */
  epoch?: string
  /** The newest message that was told. */
  lastMessageId: number
  /** The newest message that an answer over HTTP held. */
  fetchedMessageId: number
  isClosed: boolean
  /** While the server is asked what was missed: what came live since. */
  held?: LiveEvent[]
  /** The answer has come and is being completed. */
  isSyncing?: boolean
}

/** Late events concern sessions that were closed lately. */
const CLOSED_THAT_ARE_KNOWN = 1000

/** The sessions that a client has been told of. Of the closed ones it remembers the latest. */
export class KnownSessions extends Map<number, KnownSession> {
  /** In the order in which they were closed. */
  readonly #closed = new Set<number>()

  /** Returns what is known of a session; begins with `start` when that is nothing. */
  know(id: number, start: { last?: number; epoch: string | undefined }): KnownSession {
    const found = this.get(id)
    if (found !== undefined) return found
    const known: KnownSession = { lastMessageId: 0, fetchedMessageId: 0, isClosed: false }
    if (start.last !== undefined) known.last = start.last
    if (start.epoch !== undefined) known.epoch = start.epoch
    this.set(id, known)
    return known
  }

  /** Only a reset opens a closed session again. */
  noteStatus(id: number, known: KnownSession, status: SessionStatus): void {
    known.isClosed = status === 'closed'
    if (!known.isClosed) this.#closed.delete(id)
    else this.#closed.add(id)
    this.forgetClosed(CLOSED_THAT_ARE_KNOWN, () => true)
  }

  /** Of the closed sessions that are meant, forgets all but the latest. */
  forgetClosed(keptCount: number, isMeant: (known: KnownSession | undefined) => boolean): void {
    if (this.#closed.size <= keptCount) return
    const meant = [...this.#closed].filter((id) => isMeant(this.get(id)))
    for (const id of meant.slice(0, Math.max(0, meant.length - keptCount))) this.delete(id)
  }

  override delete(id: number): boolean {
    this.#closed.delete(id)
    return super.delete(id)
  }
}
