import type { DurableEvent } from '../../events/events.js'
import { factsOf, follows, isNewer, type MissedEvents, type Position, type Standing } from '../positions/position.js'

export interface SequencerOptions {
  /** The seq that must be delivered before this event. */
  predecessorOf(event: DurableEvent): number
  deliver(event: DurableEvent): void
  /** Reads the events of a session after a seq from PostgreSQL, in order, some or all of them. */
  readEvents(sessionId: number, after: number): Promise<MissedEvents>
  /**
   * Where delivery of an unknown session begins: the seq up to which nothing is owed, at once or when it was read; undefined
   * where the event itself is owed to nobody.
   */
  findStart(event: DurableEvent): number | undefined | Promise<number | undefined>
  /** Reads the position of a session; undefined where it is gone. */
  readStanding(sessionId: number): Promise<Standing | undefined>
  /** The session was set back, and begins anew at this position: sends the sockets a reset. */
  onReset(position: Position): Promise<void>
  /** The session is gone and was forgotten. */
  onVanished(position: Position): void
  /** A session was added. */
  onKnown?(position: Position): void
  onError(error: unknown): void
}

/** An event that was merely overtaken arrives within this time. */
const GAP_PATIENCE_MS = 40
/** Early events beyond this number are dropped, and read from PostgreSQL when their turn comes. */
const MAX_WAITING_EVENTS = 64

/**
 * Delivers the durable events of each session in `seq` order, each once. It knows neither transport nor database.
 *
 * The next event in line is delivered at once. An event that comes early waits a moment for the one it overtook; what is
 * still missing then was lost, and is read from PostgreSQL.
 *
 * A database that was set back gives the same numbers to other events. Events carry the time of their commit: a newer event with
 * a number that was delivered before shows that the session was set back.
 */
export interface Sequencer {
  readonly positions: ReadonlyMap<number, Position>
  /** Takes an event from pub/sub, in any order and any number of times. */
  accept(event: DurableEvent): void
  /** Reads what is missing of a session and delivers it. A failure is reported, and left to the reconciler. */
  fill(position: Position): Promise<void>
  /** Delivers a session up to a seq that is known to be stored; false when that failed. */
  catchUp(sessionId: number, seq: number): Promise<boolean>
  /** Begins a session anew at its position in PostgreSQL. A failure is reported, and tried again by `retryResets`. */
  reset(position: Position): Promise<void>
  retryResets(): void
  /** Adds a session, or advances it: nothing up to `last` is owed to anybody here. */
  start(position: Position): void
  forget(sessionId: number): void
  clear(): void
}

export function createSequencer(options: SequencerOptions): Sequencer {
  const { predecessorOf, deliver, readEvents, findStart, readStanding, onReset, onVanished, onKnown, onError } = options
  const positions = new Map<number, Position>()
  /** Sessions that were set back and were not reset yet. */
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

  function begin(event: DurableEvent): void {
    const { sessionId, storeId, holderId } = factsOf(event)
    const start = findStart(event)
    if (start === undefined) return
    const position: Position = { sessionId, storeId, holderId, isClosed: false, last: 0 }
    add(position)
    if (typeof start === 'number') {
      position.last = start
      return accept(event)
    }
    keep(position, event)
    position.beginning = start.then(
      (last) => {
        if (positions.get(sessionId) !== position) return
        if (last === undefined) return forget(sessionId)
        position.last = last
        goOn(position)
      },
      (error: unknown) => {
        if (positions.get(sessionId) === position) forget(sessionId)
        onError(error)
      },
    )
  }

  /** The beginning is known: the events that waited for it are accepted in order. */
  function goOn(position: Position): void {
    delete position.beginning
    const waiting = [...(position.waiting ?? [])].sort(([one], [other]) => one - other)
    delete position.waiting
    for (const [, event] of waiting) accept(event)
  }

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
    // A standby that lags fails here. What it lacks is not gone: resetting to its position would deliver that twice.
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
    if (position.waiting.size < MAX_WAITING_EVENTS) position.waiting.set(factsOf(event).seq, event)
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
        // The session is being reset, or was meanwhile: what was read may belong to the history that is gone.
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
    async catchUp(sessionId, seq) {
      const position = positions.get(sessionId)
      if (position === undefined || position.last >= seq) return true
      await fill(position)
      return position.last >= seq
    },
    reset,
    retryResets() {
      for (const sessionId of setBack) {
        const position = positions.get(sessionId)
        if (position) void reset(position)
        else setBack.delete(sessionId)
      }
    },
    start(position) {
      const known = positions.get(position.sessionId)
      if (known === undefined) add(position)
      else if (known.beginning === undefined && known.last < position.last) {
        Object.assign(known, position)
        release(known)
      }
    },
    forget,
    clear() {
      for (const { gapTimer } of positions.values()) clearTimeout(gapTimer)
      positions.clear()
    },
  }
}
