import plugin from 'fastify-plugin'
import { batchReads } from '../database/batch.js'
import { createCommitCounts, type CommitCounts } from '../messages/commit-counts.js'
import { createGroupCommit } from '../messages/group-commit.js'
import type { SendDeps } from '../messages/send-message.js'
import { readSent } from '../messages/sent-message.js'
import { createActiveSessionReader } from '../sessions/active-session-reader.js'
import { createMessageCache } from '../sessions/message-cache.js'

declare module 'fastify' {
  interface FastifyInstance {
    deps: SendDeps
    commits: CommitCounts
  }
}

/** Makes what chat operations share on one node: the cache, the batches and the group commit. */
export const depsPlugin = plugin<{ sessionCacheMb: number; publicUrl: string | undefined }>(
  async (app, { sessionCacheMb, publicUrl }) => {
    const { db, pubsub, tracing } = app
    const commits = createCommitCounts()
    app.decorate('commits', commits)
    app.decorate('deps', {
      db,
      publisher: pubsub,
      activeSessions: createActiveSessionReader(db, createMessageCache(sessionCacheMb)),
      creations: new Map(),
      appendMessages: createGroupCommit(db, commits, tracing),
      publicUrl,
      readSent: batchReads((ids: number[]) => readSent(db, ids)),
    })
  },
  { name: 'deps', dependencies: ['database', 'pubsub'] },
)
