import type { DurableEvent } from '../../events/events.js'

/** The fields that messages and changes have in common. */
export const factsOf = (event: DurableEvent) => ('message' in event ? event.message : event.change)

/** How far a session has been delivered to one side's sockets on this node. */
export interface Position {
  sessionId: number
  storeId: number
  /** Who holds the session, as of `last`. */
  holderId: number | null
  isClosed: boolean
  /** The seq of the newest event that was delivered, or that nobody here may see. */
  last: number
  /** When that event was committed, in ms of the database's clock; undefined where that is not known. */
  lastAt?: number | undefined
  /** Set while `last` is being read: events wait until it is known. */
  beginning?: Promise<void>
  /** How often the session was reset. */
  resets?: number
  /** Events that came before their predecessor, by seq. */
  waiting?: Map<number, DurableEvent>
  gapTimer?: NodeJS.Timeout
  filling?: Promise<void>
}

/** The position of a session in PostgreSQL. */
export type Standing = Pick<Position, 'storeId' | 'holderId' | 'isClosed' | 'last' | 'lastAt'>

/** Events of a session after a seq. */
export interface MissedEvents {
  /** In `seq` order, without gaps; some or all of them. */
  events: DurableEvent[]
  /** The times at which the event before them may have been committed. */
  lastAt: (number | null)[]
}

/** Whether an event continues the history that was delivered, as far as its times tell. */
export function follows(event: DurableEvent, { last, lastAt }: Position): boolean {
  const { seq, previousAt } = factsOf(event)
  return seq !== last + 1 || previousAt === undefined || lastAt === undefined || previousAt === lastAt
}

export const isNewer = (at: number | undefined, { lastAt }: Position) =>
  at !== undefined && lastAt !== undefined && at > lastAt
