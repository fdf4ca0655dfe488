import plugin from 'fastify-plugin'
import { batchReads } from '../database/batch.js'
import { createGroupCommit } from '../messages/group-commit.js'
import type { SendDeps } from '../messages/send-message.js'
import { readSent } from '../messages/sent-message.js'
import { createActiveSessionReader } from '../sessions/active-session-reader.js'
import { createMessageCache } from '../sessions/message-cache.js'

declare module 'fastify' {
  interface FastifyInstance {
    deps: SendDeps
  }
}

/** Makes what chat operations share on one node: the cache, the batches and the group commit. */
export const depsPlugin = plugin<{ sessionCacheMb: number; publicUrl: string | undefined }>(
  async (app, { sessionCacheMb, publicUrl }) => {
    const { db, pubsub } = app
    app.decorate('deps', {
      db,
      publisher: pubsub,
      activeSessions: createActiveSessionReader(db, createMessageCache(sessionCacheMb)),
      creations: new Map(),
      appendMessages: createGroupCommit(db),
      publicUrl,
      readSent: batchReads((ids: number[]) => readSent(db, ids)),
    })
  },
  { name: 'deps', dependencies: ['database', 'pubsub'] },
)
