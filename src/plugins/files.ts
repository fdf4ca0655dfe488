import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { openFiles, type Files } from '../files/files.js'
import { sweepFiles } from '../files/sweep-files.js'
import { repeat } from '../tasks/repeat.js'

declare module 'fastify' {
  interface FastifyInstance {
    files: Files
  }
}

const SWEEP_INTERVAL_MS = 300_000
/** Well within what is left when a node that stops has cut the connections. */
const SETTLE_MS = 500

/** Keeps uploaded files, and removes those that nobody wants. */
export const filesPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const { files: settings, redis } = config
    const files = await openFiles(app.db, settings, app.log)
    app.decorate('files', files)
    if (redis !== undefined && settings.s3 === undefined && !settings.isFolderChosen) {
      app.log.warn('uploaded files are on this node only: set FILES_DIR to a folder that all nodes share, or S3_BUCKET')
    }
    const sweeping = repeat(
      SWEEP_INTERVAL_MS,
      async () => {
        await sweepFiles(files)
      },
      (error) => app.log.warn({ err: error }, 'files cannot be removed'),
    )
    app.addHook('onClose', async () => {
      // The connections have ended, and an upload that was cut removes what it has written.
      await files.running.settle(SETTLE_MS)
      await sweeping.stop()
    })
  },
  { name: 'files', dependencies: ['database'] },
)
