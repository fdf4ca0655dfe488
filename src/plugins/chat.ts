import { LRUCache } from 'lru-cache'
import plugin from 'fastify-plugin'
import type { Chat } from '../chat.js'
import type { Config } from '../config.js'
import type { Database } from '../database/database.js'
import { gatherReads, MOST_SESSIONS_TOGETHER } from '../database/gather.js'
import { readOneByOne } from '../database/read-one-by-one.js'
import { readSent } from '../messages/sent-message.js'
import { shareCommits } from '../messages/share-commits.js'
import { createMessageMemory, type MessageMemory } from '../sessions/message-memory.js'
import { isLarge, readLargeActiveSession } from '../sessions/read-large-session.js'
import { readActiveSessions } from '../sessions/read-session.js'

declare module 'fastify' {
  interface FastifyInstance {
    chat: Chat
  }
}

export const chatPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const { db, relay, limits } = app
    const memory = createMessageMemory(config.sessionCacheMb)
    const chat: Chat = {
      db,
      relay,
      limits,
      readActiveSession: createSessionReader(db, memory),
      appendMessages: shareCommits(db),
      readSent: gatherReads((ids: number[]) => readSent(db, ids)),
      publicUrl: config.publicUrl,
      creating: new Map(),
    }
    app.decorate('chat', chat)
  },
  { name: 'chat', dependencies: ['database', 'relay', 'limits'] },
)

const MOST_LARGE_SESSIONS = 10_000

/** Sessions are read together; those that are large are read by themselves, so that no other store waits for them. */
function createSessionReader(db: Database, memory: MessageMemory | undefined): Chat['readActiveSession'] {
  const large = new LRUCache<number, true>({ max: MOST_LARGE_SESSIONS })
  const readTogether = gatherReads(
    (storeIds: number[]) => readActiveSessions(db, storeIds, memory, (storeId) => large.set(storeId, true)),
    MOST_SESSIONS_TOGETHER,
  )
  const readLarge = readOneByOne((storeId: number) => readLargeActiveSession(db, storeId, memory))
  return async (storeId) => {
    const session = large.has(storeId) ? undefined : await readTogether(storeId)
    if (!large.has(storeId)) {
      // It may have grown since it came into the cache.
      if (session !== undefined && isLarge(session)) large.set(storeId, true)
      return session
    }
    const inParts = await readLarge(storeId)
    if (inParts === undefined || !isLarge(inParts)) large.delete(storeId)
    return inParts
  }
}
