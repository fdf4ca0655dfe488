import { batchReads, MAX_SESSIONS_PER_BATCH } from '../database/batch.js'
import type { Database } from '../database/database.js'
import { readOneByOne } from '../database/read-one-by-one.js'
import { createCache } from '../memory/create-cache.js'
import type { MessageCache } from './message-cache.js'
import { isLarge, readLargeActiveSession } from './read-large-session.js'
import { readActiveSessions, type EncodedSession, type SessionView } from './read-session.js'

/** Stores whose session is known to be large. */
const MAX_LARGE_SESSIONS = 10_000

/** Reads the active sessions of stores for a whole node. */
export interface ActiveSessionReader {
  /**
   * Reads the active session of a store as that store sees it, as JSON; undefined where there is none. Concurrent reads share
   * a statement, unless a session is large: that is read by itself, so that no other store waits for it.
   * @throws what the database throws
   */
  read(storeId: number): Promise<SessionView<EncodedSession> | undefined>
}

/** `cache` keeps the newest messages of sessions; undefined keeps nothing. */
export function createActiveSessionReader(db: Database, cache: MessageCache | undefined): ActiveSessionReader {
  const large = createCache<number, true>(MAX_LARGE_SESSIONS)
  const readTogether = batchReads(
    (storeIds: number[]) => readActiveSessions(db, storeIds, cache, (storeId) => large.set(storeId, true)),
    MAX_SESSIONS_PER_BATCH,
  )
  const readLarge = readOneByOne((storeId: number, doOthersWait) =>
    readLargeActiveSession(db, storeId, doOthersWait, cache),
  )
  return {
    async read(storeId) {
      const session = large.has(storeId) ? undefined : await readTogether(storeId)
      if (!large.has(storeId)) {
        // It may have grown since it was cached.
        if (session !== undefined && isLarge(session)) large.set(storeId, true)
        return session
      }
      const inParts = await readLarge(storeId)
      if (inParts === undefined || !isLarge(inParts)) large.delete(storeId)
      return inParts
    },
  }
}
