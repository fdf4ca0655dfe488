import plugin from 'fastify-plugin'
import type { Chat } from '../chat.js'
import { gatherReads } from '../database/gather.js'
import { appendMessages } from '../messages/append-messages.js'
import { readActiveSessions } from '../sessions/read-session.js'

declare module 'fastify' {
  interface FastifyInstance {
    chat: Chat
  }
}

export const chatPlugin = plugin(
  async (app) => {
    const { db, relay } = app
    const readActiveSession = gatherReads((storeIds: number[]) => readActiveSessions(db, storeIds))
    const appendMessage: Chat['appendMessage'] = async (draft) => {
      const [outcome] = await appendMessages(db, [draft])
      if (outcome === undefined) throw new Error('A message got no outcome')
      return outcome
    }
    app.decorate('chat', { db, relay, readActiveSession, appendMessage, creating: new Map() })
  },
  { name: 'chat', dependencies: ['database', 'relay'] },
)
