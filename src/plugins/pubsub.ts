import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { readInstallation } from '../database/installation.js'
import { openPubSub } from '../pubsub/open-pubsub.js'
import { traceEvents } from '../events/trace-events.js'
import type { PubSub } from '../pubsub/pubsub.js'
import { repeat } from '../tasks/repeat.js'

declare module 'fastify' {
  interface FastifyInstance {
    pubsub: PubSub
  }
}

/** Within this time after a restart or a failover of the database, the nodes find each other again. */
const INSTALLATION_CHECK_MS = 1000

export const pubsubPlugin = plugin<{ config: Config; pubsub?: PubSub | undefined }>(
  async (app, { config, pubsub }) => {
    const opened = pubsub ?? openPubSub(config, await readInstallation(app.db), reportError)
    app.decorate('pubsub', app.tracing ? traceEvents(opened, app.tracing) : opened)
    const follow = async () => app.pubsub.joinInstallation(await readInstallation(app.db))
    const following = config.redis && repeat(INSTALLATION_CHECK_MS, follow, () => undefined)
    app.addHook('onClose', async () => {
      await following?.stop()
      await app.pubsub.close()
    })

    function reportError(error: Error): void {
      app.log.warn({ err: error }, 'Redis')
    }
  },
  { name: 'pubsub', dependencies: ['database'] },
)
