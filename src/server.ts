import type { AddressInfo } from 'node:net'
import { buildApp } from './app.js'
import { readConfig, type Config } from './config.js'
import { migrateDatabase } from './database/migrate.js'
import { prepareDatabase } from './database/prepare-database.js'
import { prepareDemo, type Demo } from './embedded/demo.js'
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js'
import type { App } from './http.js'
import { StartupError } from './startup-error.js'

/** Within it, sockets are closed for up to four seconds. */
const STOP_DEADLINE_MS = 5500

await main().catch((error: unknown) => {
  console.error(error instanceof StartupError ? error.message : error)
  process.exit(1)
})

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const database = await provideDatabase(config)
  try {
    const demo = database.isEmbedded
      ? await prepareDemo(config.dataFolder, { ...config, databaseUrl: database.url })
      : undefined
    const app = await buildApp(config, { databaseUrl: database.url })
    stopOnSignals(app, database.close)
    await listen(app, config)
    if (database.isEmbedded) printWelcome(app, demo)
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The configured database, or the embedded one, migrated. */
async function provideDatabase(config: Config) {
  const { databaseUrl, dataFolder } = config
  if (databaseUrl === undefined) {
    const embedded = await startEmbeddedPostgres(dataFolder)
    await migrateDatabase(embedded.url)
    return { isEmbedded: true, ...embedded }
  }
  await prepareDatabase({ ...config, databaseUrl }, console.error)
  return { isEmbedded: false, url: databaseUrl, close: async () => undefined }
}

async function listen(app: App, { host, port }: Config): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new StartupError(`Port ${port} on ${host} is in use. Set PORT to a free one.`)
    throw new StartupError(`Cannot listen on ${host}:${port}: ${message}`)
  }
}

/** The first signal lets requests under way finish; a second one, or the deadline, ends the process at once. */
function stopOnSignals(app: App, closeDatabase: () => Promise<void>): void {
  let isStopping = false
  const stop = async (signal: string) => {
    if (isStopping) process.exit(1)
    isStopping = true
    app.log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref()
    app.drain()
    await app.close()
    await closeDatabase()
    app.log.info('stopped')
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => {
        app.log.error({ err: error }, 'stopping failed')
        process.exit(1)
      })
    })
  }
}

function printWelcome(app: App, demo: Demo | undefined): void {
  const { address, port } = app.server.address() as AddressInfo
  const origin = `http://${address}:${port}`
  console.log(`\nstore-chat listens on ${origin}, its API is described on ${origin}/docs/`)
  if (demo === undefined) return
  console.log(`The demo store asks for its session:\n`)
  console.log(`  curl -H 'Authorization: Token ${demo.storeToken}' ${origin}/v1/chat/store/session/\n`)
  console.log(`It chats at ${origin}/chat/ with that token, and the demo admin answers at ${origin}/console/ with\n`)
  console.log(`  ${demo.adminToken}\n`)
}
