import type { DurableEvent } from '../../events/events.js'

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
  /** When that event was committed, in ms of the database's clock; undefined where that is not known. */
  lastAt?: number | undefined
  /** `last` is being read: events wait until it is known. */
  beginning?: Promise<void>
  /** How often the session has begun anew. */
  resets?: number
  /** Came early. */
  waiting?: Map<number, DurableEvent>
  gapTimer?: NodeJS.Timeout
  filling?: Promise<void>
}

/** Where a session stands in PostgreSQL. */
export type Standing = Pick<Position, 'storeId' | 'holderId' | 'isClosed' | 'last' | 'lastAt'>

export interface MissedEvents {
  events: DurableEvent[]
  /** The moments that the event may be known by after which they follow. */
  lastAt: (number | null)[]
}

export interface SequencerOptions {
  /** The seq that must have been delivered before this event may be. */
  predecessorOf(event: DurableEvent): number
  deliver(event: DurableEvent): void
  /** Reads the events of a session after a seq from PostgreSQL, in order, some or all of them. */
  readEvents(sessionId: number, after: number): Promise<MissedEvents>
  /** Where to begin with a session that is not known: the seq up to which nothing is owed. */
  findStart(event: DurableEvent): Promise<number>
  /** Where a session stands now; undefined where it is gone. */
  readStanding(sessionId: number): Promise<Standing | undefined>
  /** The session is at an earlier state than what was delivered of it, and begins anew at this position. */
  onReset(position: Position): Promise<void>
  /** The session is gone: it is known no more. */
  onVanished(position: Position): void
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
 *
 * PostgreSQL may come back at an earlier state of a session, and give the same numbers to other events. Events are dated, so
 * one that is newer than what was delivered, but has a number that was delivered, gives that away.
 */
export function createSequencer(options: SequencerOptions) {
  const { predecessorOf, deliver, readEvents, findStart, readStanding, onReset, onVanished, onKnown, onError } = options
  const positions = new Map<number, Position>()
  /** Sessions that were set back, until they have begun anew. */
  const setBack = new Set<number>()

  function accept(event: DurableEvent): void {
    const facts = factsOf(event)
    const position = positions.get(facts.sessionId)
    if (position === undefined) return begin(event)
    if (position.beginning !== undefined) return keep(position, event)
    if (facts.seq <= position.last) {
      if (isNewer(facts.at, position)) void reset(position)
      return
    }
    if (predecessorOf(event) > position.last) return wait(position, event)
    if (!follows(event, position)) return void reset(position)
    advance(position, event)
    release(position)
  }

  /** Whether the next event in line belongs to the same history as what was delivered, as far as that can be told. */
  function follows(event: DurableEvent, { last, lastAt }: Position): boolean {
    const { seq, previousAt } = factsOf(event)
    return seq !== last + 1 || previousAt === undefined || lastAt === undefined || previousAt === lastAt
  }

  const isNewer = (at: number | undefined, { lastAt }: Position) =>
    at !== undefined && lastAt !== undefined && at > lastAt

  function begin(event: DurableEvent): void {
    const { sessionId, storeId, holderId, seq } = factsOf(event)
    const position: Position = { sessionId, storeId, holderId, isClosed: false, last: 0 }
    add(position)
    if (seq === 1) return accept(event)
    keep(position, event)
    position.beginning = findStart(event).then(
      (start) => {
        if (positions.get(sessionId) !== position) return
        position.last = start
        goOn(position)
      },
      (error: unknown) => {
        if (positions.get(sessionId) === position) forget(sessionId)
        onError(error)
      },
    )
  }

  /** The beginning is known: what waited for it is handled in its order. */
  function goOn(position: Position): void {
    delete position.beginning
    const waiting = [...(position.waiting ?? [])].sort(([one], [other]) => one - other)
    delete position.waiting
    for (const [, event] of waiting) accept(event)
  }

  /** Begins a session anew. What fails is tried again by `retryResets`. */
  function reset(position: Position): Promise<void> {
    setBack.add(position.sessionId)
    delete position.waiting
    clearTimeout(position.gapTimer)
    delete position.gapTimer
    position.beginning ??= readAnew(position).catch((error: unknown) => {
      delete position.beginning
      onError(error)
    })
    return position.beginning
  }

  async function readAnew(position: Position): Promise<void> {
    const { sessionId } = position
    const standing = await readStanding(sessionId)
    if (positions.get(sessionId) !== position) return
    if (standing?.storeId !== position.storeId) {
      forget(sessionId)
      onVanished(position)
      return
    }
    // A standby that lags fails here: what it does not hold is not gone, and would be delivered twice from its position on.
    await onReset({ ...position, ...standing })
    if (positions.get(sessionId) !== position) return
    Object.assign(position, standing)
    position.resets = (position.resets ?? 0) + 1
    setBack.delete(sessionId)
    goOn(position)
  }

  function add(position: Position): void {
    positions.set(position.sessionId, position)
    onKnown?.(position)
  }

  function keep(position: Position, event: DurableEvent): void {
    position.waiting ??= new Map()
    if (position.waiting.size < MOST_WAITING) position.waiting.set(factsOf(event).seq, event)
  }

  function wait(position: Position, event: DurableEvent): void {
    keep(position, event)
    position.gapTimer ??= setTimeout(() => {
      delete position.gapTimer
      void fill(position)
    }, GAP_PATIENCE_MS)
  }

  function advance(position: Position, event: DurableEvent): void {
    const { seq, holderId, at } = factsOf(event)
    position.last = seq
    position.lastAt = at
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
      if (seq <= position.last) continue
      if (!follows(event, position)) return void reset(position)
      advance(position, event)
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
    try {
      for (;;) {
        await position.beginning
        if (positions.get(position.sessionId) !== position) return
        const { last, resets } = position
        const { events, lastAt } = await readEvents(position.sessionId, last)
        // It begins anew, or has meanwhile: what was read may be of the past.
        if (position.beginning !== undefined || position.resets !== resets) continue
        if (last > 0 && position.last === last && position.lastAt !== undefined && !lastAt.includes(position.lastAt)) {
          await reset(position)
          if (setBack.has(position.sessionId)) return
          continue
        }
        if (events.length === 0) break
        for (const event of events) if (factsOf(event).seq > position.last) advance(position, event)
      }
      release(position)
    } catch (error) {
      onError(error)
    }
  }

  function forget(sessionId: number): void {
    clearTimeout(positions.get(sessionId)?.gapTimer)
    positions.delete(sessionId)
    setBack.delete(sessionId)
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
    reset,
    /** Begins the sessions anew for which that has failed so far. */
    retryResets(): void {
      for (const sessionId of setBack) {
        const position = positions.get(sessionId)
        if (position) void reset(position)
        else setBack.delete(sessionId)
      }
    },
    /** Notes that up to `last` nothing of a session is owed to anybody here. */
    start(position: Position): void {
      const known = positions.get(position.sessionId)
      if (known === undefined) add(position)
      else if (known.beginning === undefined && known.last < position.last) {
        Object.assign(known, position)
        release(known)
      }
    },
    forget,
    clear(): void {
      for (const { gapTimer } of positions.values()) clearTimeout(gapTimer)
      positions.clear()
    },
  }
}

export type Sequencer = ReturnType<typeof createSequencer>
