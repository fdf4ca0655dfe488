import plugin from 'fastify-plugin'
import { gatherReads } from '../database/gather.js'
import type { SessionRoom } from '../sessions/get-or-create-session.js'
import { readActiveSessions } from '../sessions/read-active-session.js'

declare module 'fastify' {
  interface FastifyInstance {
    sessions: SessionRoom
  }
}

export const sessionsPlugin = plugin(
  async (app) => {
    const { db, relay } = app
    const readActiveSession = gatherReads((storeIds: number[]) => readActiveSessions(db, storeIds))
    app.decorate('sessions', { db, relay, readActiveSession, creating: new Map() })
  },
  { name: 'sessions', dependencies: ['database', 'relay'] },
)
