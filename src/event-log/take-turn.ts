import type { Database, Transaction } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { restAfter } from './consumer-loop.js'
import { createSweepSize } from './sweep-size.js'

/** How far a consumer has got. Nothing below these ids can still be committed. */
export interface Cursor {
  messageId: number
  changeId: number
  /** The newest message that has to be reached first; 0: it was. Until then, turns follow each other sooner. */
  firstGoal: number
}

/** While the past is caught up, which is once in the life of an installation, as a multiple of a turn's duration. */
const CATCH_UP_REST_FACTOR = 3

/** A turn that is due later was planned before the clock of the database was set back. */
const MAX_PAUSE_MS = 600_000

/** Who derives rows from the log. */
export type DerivingConsumer = 'search' | 'reports'

interface TurnOptions {
  /** The least pause between two turns of all nodes, in milliseconds. */
  pauseMs: number
  /** How long the turn may take. */
  timeoutMs: number
  /** Reads what comes after the cursor, and returns how far the cursor may move. */
  work: (tx: Transaction, cursor: Cursor) => Promise<Cursor>
}

export interface DerivingOptions {
  pauseMs: number
  longestStatementMs: number
  /** How much a turn reads at first, and at most. */
  most: number
  /** Derives rows from at most so many events after the cursor, and returns how far the cursor may move. */
  work: (tx: Transaction, cursor: Cursor, mostEvents: number) => Promise<Cursor>
  /** A turn took longer than a statement may. The next one reads so many events at most. */
  onSlowTurn: (mostEvents: number) => void
}

/** After a turn that took a larger share of the time that a statement may take, the next one does not read more. */
const QUICK_SHARE = 1 / 4
/** After a turn that took a larger share, the next one reads less. */
const LONG_SHARE = 1 / 2

/**
 * Creates what takes the turns of a consumer. A turn that takes too long has done nothing and would fail at each repetition,
 * so the next one reads half as much, down to a single event. A long turn that has succeeded halves the next one, too: what
 * comes meanwhile waits for that.
 */
export function createDerivation(
  db: Database,
  consumer: DerivingConsumer,
  options: DerivingOptions,
): () => Promise<void> {
  const { pauseMs, longestStatementMs, most, work, onSlowTurn } = options
  const run = createSweepSize(onSlowTurn, { most, fewest: 1 })
  const timeoutMs = 2 * longestStatementMs
  return () =>
    run(async (mostEvents) => {
      const turn = { pauseMs, timeoutMs, work: (tx: Transaction, cursor: Cursor) => work(tx, cursor, mostEvents) }
      const tookMs = await takeTurn(db, consumer, turn)
      if (tookMs === undefined) return 'same'
      if (tookMs < longestStatementMs * QUICK_SHARE) return 'more'
      return tookMs > longestStatementMs * LONG_SHARE ? 'less' : 'same'
    })
}

/**
 * Takes the turn of a consumer that derives rows from the log of messages and changes, unless another node has it or it is
 * too early. The rows and the cursor are committed together. After the turn, all nodes pause in proportion to what it took,
 * so that consumers stay a small part of what the database does.
 * @returns how long the work took; undefined where there was no turn
 */
async function takeTurn(db: Database, consumer: DerivingConsumer, options: TurnOptions): Promise<number | undefined> {
  const { pauseMs, timeoutMs, work } = options
  const isDue = Prisma.sql`consumer = ${consumer} and (next_at <= clock_timestamp()
    or next_at > clock_timestamp() + ${Math.max(pauseMs, MAX_PAUSE_MS)}::float8 * interval '1 millisecond')`
  const [due] = await db.prisma.$queryRaw<object[]>(Prisma.sql`select from event_cursor where ${isDue}`)
  if (due === undefined) return undefined
  return db.prisma.$transaction(
    async (tx) => {
      const startedAt = performance.now()
      const [row] = await tx.$queryRaw<{ messageId: bigint; changeId: bigint; firstGoal: bigint }[]>(Prisma.sql`
        select message_id as "messageId", change_id as "changeId", next_message_id as "firstGoal" from event_cursor
        where ${isDue} for update skip locked`)
      if (row === undefined) return undefined
      const next = await work(tx, {
        messageId: Number(row.messageId),
        changeId: Number(row.changeId),
        firstGoal: Number(row.firstGoal),
      })
      const tookMs = performance.now() - startedAt
      const restMs = next.firstGoal > 0 ? tookMs * CATCH_UP_REST_FACTOR : Math.max(pauseMs, restAfter(tookMs))
      await tx.$executeRaw(Prisma.sql`
        update event_cursor set message_id = ${next.messageId}, change_id = ${next.changeId},
          next_message_id = ${next.firstGoal},
          next_at = clock_timestamp() + ${restMs}::float8 * interval '1 millisecond'
        where consumer = ${consumer}`)
      return tookMs
    },
    { timeout: timeoutMs },
  )
}

/** How much a consumer has derived of what there was before it was introduced, as a percentage. */
export async function readProgress(db: Database, consumer: DerivingConsumer): Promise<number> {
  const [row] = await db.prisma.$queryRaw<{ percent: number }[]>(Prisma.sql`
    select case next_message_id when 0 then 100 else least(99, floor(100.0 * message_id / next_message_id)) end::float8 as percent
    from event_cursor where consumer = ${consumer}`)
  return row?.percent ?? 100
}
