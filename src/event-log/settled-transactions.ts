import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'

const POLL_MS = 10

/**
 * Waits until a transaction has ended, and every one that was under way when it got its id. Ids of rows are given before the
 * commit: only then do they tell which rows are older.
 * @param horizon `pg_current_xact_id` of the transaction
 * @param longestMs after which no transaction of this service can be under way any more, whatever others do
 */
export async function awaitTransactions(db: Database, horizon: string, longestMs: number): Promise<void> {
  const deadline = performance.now() + longestMs
  while (performance.now() < deadline) {
    const [row] = await db.prisma.$queryRaw<{ isOver: boolean }[]>(Prisma.sql`
      select pg_snapshot_xmin(pg_current_snapshot()) > ${horizon}::xid8 as "isOver"`)
    if (row?.isOver === true) return
    await delay(POLL_MS)
  }
}
