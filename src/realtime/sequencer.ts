import type { DurableEvent } from './announce.js'

/** What messages and changes have in common. */
export const factsOf = (event: DurableEvent) => ('message' in event ? event.message : event.change)

/** How far a session has been delivered to one side's sockets on this node. */
export interface Position {
  sessionId: number
  storeId: number
  /** Who holds the session, as of `last`. */
  holderId: number | null
  isClosed: boolean
  /** The seq of the newest event delivered or known to concern nobody here. */
  last: number
  /** Came early. */
  waiting?: Map<number, DurableEvent>
  gapTimer?: NodeJS.Timeout
  filling?: Promise<void>
}

export interface SequencerOptions {
  /** The seq that must have been delivered before this event may be. */
  predecessorOf(event: DurableEvent): number
  deliver(event: DurableEvent): void
  /** Reads the events of a session after a seq from PostgreSQL, in order, some or all of them. */
  readEvents(sessionId: number, after: number): Promise<DurableEvent[]>
  /** Where to begin with a session that is not known: the seq up to which nothing is owed. */
  findStart(event: DurableEvent): Promise<number>
  /** A session is known from now on. */
  onKnown?(position: Position): void
  onError(error: unknown): void
}

/** Long enough for an event that was merely overtaken on its way. */
const GAP_PATIENCE_MS = 40
/** More early events than this are dropped, and read again when their turn comes. */
const MOST_WAITING = 64

/**
 * Brings the durable events of each session into `seq` order, each once. The next in line goes out at once. One that came
 * early waits a moment for what was overtaken; what is still missing then was lost, and is read from PostgreSQL.
 */
export function createSequencer({ predecessorOf, deliver, readEvents, findStart, onKnown, onError }: SequencerOptions) {
  const positions = new Map<number, Position>()

  function accept(event: DurableEvent): void {
    const facts = factsOf(event)
    const position = positions.get(facts.sessionId)
    if (position === undefined) return begin(event)
    if (facts.seq <= position.last) return
    if (predecessorOf(event) > position.last) return wait(position, event)
    advance(position, event)
    release(position)
  }

  function begin(event: DurableEvent): void {
    const { sessionId, storeId, holderId, seq } = factsOf(event)
    const position: Position = { sessionId, storeId, holderId, isClosed: false, last: 0 }
    add(position)
    if (seq === 1) return accept(event)
    position.last = Infinity
    findStart(event).then(
      (start) => {
        position.last = start
        accept(event)
      },
      (error: unknown) => {
        positions.delete(sessionId)
        onError(error)
      },
    )
  }

  function add(position: Position): void {
    positions.set(position.sessionId, position)
    onKnown?.(position)
  }

  function wait(position: Position, event: DurableEvent): void {
    position.waiting ??= new Map()
    if (position.waiting.size < MOST_WAITING) position.waiting.set(factsOf(event).seq, event)
    position.gapTimer ??= setTimeout(() => {
      delete position.gapTimer
      void fill(position)
    }, GAP_PATIENCE_MS)
  }

  function advance(position: Position, event: DurableEvent): void {
    const { seq, holderId } = factsOf(event)
    position.last = seq
    position.holderId = holderId
    if ('change' in event && event.change.kind === 'close') position.isClosed = true
    deliver(event)
  }

  function release(position: Position): void {
    const { waiting } = position
    if (waiting === undefined) return
    for (const [seq, event] of [...waiting].sort(([one], [other]) => one - other)) {
      if (seq > position.last && predecessorOf(event) > position.last) return
      waiting.delete(seq)
      if (seq > position.last) advance(position, event)
    }
    delete position.waiting
    clearTimeout(position.gapTimer)
    delete position.gapTimer
  }

  /** Reads what is missing and delivers it. A failure is left to the next sweep. */
  function fill(position: Position): Promise<void> {
    position.filling ??= readMissing(position).finally(() => delete position.filling)
    return position.filling
  }

  async function readMissing(position: Position): Promise<void> {
    if (positions.get(position.sessionId) !== position) return
    try {
      for (;;) {
        const events = await readEvents(position.sessionId, position.last)
        if (events.length === 0) break
        for (const event of events) if (factsOf(event).seq > position.last) advance(position, event)
      }
      release(position)
    } catch (error) {
      onError(error)
    }
  }

  return {
    positions,
    accept,
    fill,
    /** Delivers a session up to a seq that is known to be stored, unless that has been done; false when that failed. */
    async catchUp(sessionId: number, seq: number): Promise<boolean> {
      const position = positions.get(sessionId)
      if (position === undefined || position.last >= seq) return true
      await fill(position)
      return position.last >= seq
    },
    /** Notes that up to `last` nothing of a session is owed to anybody here. */
    start(position: Position): void {
      const known = positions.get(position.sessionId)
      if (known === undefined) add(position)
      else if (known.last < position.last) {
        Object.assign(known, position)
        release(known)
      }
    },
    forget(sessionId: number): void {
      clearTimeout(positions.get(sessionId)?.gapTimer)
      positions.delete(sessionId)
    },
    clear(): void {
      for (const { gapTimer } of positions.values()) clearTimeout(gapTimer)
      positions.clear()
    },
  }
}

export type Sequencer = ReturnType<typeof createSequencer>
