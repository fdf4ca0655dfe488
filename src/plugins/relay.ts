import plugin from 'fastify-plugin'
import type { Config } from '../config.js'
import { readInstallation } from '../database/installation.js'
import { openRelay } from '../realtime/open-relay.js'
import type { Relay } from '../realtime/relay.js'
import { repeat } from '../realtime/repeat.js'

declare module 'fastify' {
  interface FastifyInstance {
    relay: Relay
  }
}

/** How soon after a restart or a failover of the database the nodes find each other again. */
const INSTALLATION_CHECK_MS = 1000

export const relayPlugin = plugin<{ config: Config; relay?: Relay | undefined }>(
  async (app, { config, relay }) => {
    app.decorate('relay', relay ?? openRelay(config, await readInstallation(app.db), reportError))
    const follow = async () => app.relay.joinInstallation(await readInstallation(app.db))
    const following = config.redis && repeat(INSTALLATION_CHECK_MS, follow, () => undefined)
    app.addHook('onClose', async () => {
      await following?.stop()
      await app.relay.close()
    })

    function reportError(error: Error): void {
      app.log.warn({ err: error }, 'Redis')
    }
  },
  { name: 'relay', dependencies: ['database'] },
)
