import plugin from 'fastify-plugin'
import type { Chat } from '../chat.js'
import type { Config } from '../config.js'
import { gatherReads, MOST_SESSIONS_TOGETHER } from '../database/gather.js'
import { readSent } from '../messages/sent-message.js'
import { shareCommits } from '../messages/share-commits.js'
import { createMessageMemory } from '../sessions/message-memory.js'
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
    const readActiveSession = gatherReads(
      (storeIds: number[]) => readActiveSessions(db, storeIds, memory),
      MOST_SESSIONS_TOGETHER,
    )
    const chat: Chat = {
      db,
      relay,
      limits,
      readActiveSession,
      appendMessages: shareCommits(db),
      readSent: gatherReads((ids: number[]) => readSent(db, ids)),
      creating: new Map(),
    }
    app.decorate('chat', chat)
  },
  { name: 'chat', dependencies: ['database', 'relay', 'limits'] },
)
