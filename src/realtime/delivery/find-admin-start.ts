import type { Database } from '../../database/database.js'
import { batchReads } from '../../database/batch.js'
import type { DurableEvent } from '../../events/events.js'
import { factsOf } from '../positions/position.js'
import { readFirstSeqs } from '../positions/recent-events.js'
import type { WatermarkHistory } from '../positions/watermark-history.js'

/**
 * Creates a function that finds where delivery of a session begins that is unknown on this node, from one of its events. A session
 * is unknown when all its events up to the floor are settled, so nothing is owed before the first event above it. The time
 * of the event before tells mostly that this is the event itself; otherwise it is read, by one statement for those who ask
 * at the same time.
 */
export function createAdminStartFinder(db: Database, watermarks: WatermarkHistory) {
  const readFirst = batchReads((sessionIds: number[]) => readFirstSeqs(db, sessionIds, watermarks.floor()))

  const read = async (sessionId: number, seq: number) => Math.min(seq, (await readFirst(sessionId)) ?? seq) - 1

  return (event: DurableEvent): number | undefined | Promise<number> => {
    const { sessionId, seq, at, previousAt } = factsOf(event)
    const settledBefore = watermarks.settledBefore()
    // A straggler of a node that was frozen: it was found by the reconciler meanwhile.
    if (at !== undefined && at < settledBefore) return undefined
    if (seq === 1) return 0
    if (previousAt !== undefined && previousAt < settledBefore) return seq - 1
    return read(sessionId, seq)
  }
}
