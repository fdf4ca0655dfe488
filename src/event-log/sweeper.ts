import type { Database } from '../database/database.js'
import { newestIds, overlapOf, type EventIds, type SweepRange } from './moved-sessions.js'
import { createSweepSize } from './sweep-size.js'

/** Runs a sweep of the range that is to be read now. */
export type Sweeper = (sweep: (range: SweepRange) => Promise<void>) => Promise<void>

/**
 * After as long nearly every transaction is committed. An event whose transaction takes longer, and of which nobody has
 * told, is found when the cursor moves.
 */
const FLOOR_AGE_MS = 3000

export interface SweeperOptions {
  /** How long a statement may take, and so a transaction. */
  longestStatementMs: number
  /** A sweep has taken too long. The next one reads so many events of a table. */
  onSlowSweep: (mostEvents: number) => void
  now?: () => number
}

/**
 * Sweeps of one consumer on this node. Each but those that move the cursor leaves out what was the newest before a sweep
 * that the last one followed by FLOOR_AGE_MS or more: both have read it.
 */
export function createSweeper(
  db: Database,
  { longestStatementMs, onSlowSweep, now = () => performance.now() }: SweeperOptions,
): Sweeper {
  const run = createSweepSize(onSlowSweep)
  const overlapMs = overlapOf(longestStatementMs)
  let floor = noIds
  /** The newest ids before each sweep of late, oldest first. */
  let swept: { at: number; newest: EventIds }[] = []

  return (sweep) =>
    run(async (mostEvents) => {
      const at = now()
      const newest = await readNewestIds(db)
      const last = swept.at(-1)
      if (isBehind(newest, last?.newest ?? floor)) [floor, swept] = [noIds, []]
      while (last && swept[0] && swept[0].at <= last.at - FLOOR_AGE_MS) floor = swept.shift()?.newest ?? floor
      await sweep({ overlapMs, mostEvents, floor })
      swept.push({ at, newest })
      return 'more'
    })
}

const noIds: EventIds = { messageId: 0, changeId: 0, unreadId: 0 }

/** The database was set back, and the ids are given again. Unread events may be cleaned up, these are not. */
const isBehind = (newest: EventIds, floor: EventIds) =>
  newest.messageId < floor.messageId || newest.changeId < floor.changeId

async function readNewestIds(db: Database): Promise<EventIds> {
  const [row] = await db.prisma.$queryRaw<{ message_id: bigint; change_id: bigint; unread_id: bigint }[]>(newestIds)
  return {
    messageId: Number(row?.message_id ?? 0),
    changeId: Number(row?.change_id ?? 0),
    unreadId: Number(row?.unread_id ?? 0),
  }
}
