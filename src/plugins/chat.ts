import plugin from 'fastify-plugin'
import type { Chat } from '../chat.js'
import { gatherReads, MOST_SESSIONS_TOGETHER } from '../database/gather.js'
import { shareCommits } from '../messages/share-commits.js'
import { readActiveSessions } from '../sessions/read-session.js'

declare module 'fastify' {
  interface FastifyInstance {
    chat: Chat
  }
}

export const chatPlugin = plugin(
  async (app) => {
    const { db, relay } = app
    const readActiveSession = gatherReads(
      (storeIds: number[]) => readActiveSessions(db, storeIds),
      MOST_SESSIONS_TOGETHER,
    )
    const chat: Chat = { db, relay, readActiveSession, appendMessages: shareCommits(db), creating: new Map() }
    app.decorate('chat', chat)
  },
  { name: 'chat', dependencies: ['database', 'relay'] },
)
