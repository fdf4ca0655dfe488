import type { AddressInfo } from 'node:net'
import { readConfig, type Config } from './config/config.js'
import { migrateDatabase } from './database/startup/migrate.js'
import { prepareDatabase } from './database/startup/prepare-database.js'
import { printError } from './errors/describe-error.js'
import { prepareDemo, type Demo } from './embedded/demo.js'
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js'
import type { App } from './http/describe-route.js'
import { nameListener } from './http/public-url.js'
import { StartupError } from './errors/startup-error.js'

/**
 * Within this time, sockets are closed for up to four seconds, and the remaining connections are cut half a second later.
 */
const STOP_DEADLINE_MS = 5500

/** Closes what was opened, in reverse order. */
const closers: (() => Promise<void>)[] = []
let app: App | undefined
let isStopping = false

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal))
process.on('uncaughtException', fail)
await main().catch(async (error: unknown) => {
  // Closing under a running start makes it fail.
  if (isStopping) return
  await closeAll().catch(() => undefined)
  fail(error)
})

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const database = await provideDatabase(config)
  const demo = database.isEmbedded ? await prepareDemo(config.dataFolder, { ...config, databaseUrl: database.url }) : {}
  // Most of what a node loads. A wrong setting or a database that refuses is told without it, in half the time.
  const { buildApp } = await import('./app.js')
  const node = await buildApp(config, { databaseUrl: database.url })
  app = node
  closers.push(async () => {
    node.drain()
    await node.close()
  })
  await listen(node, config)
  if (database.isEmbedded) printWelcome(node, demo)
}

function fail(error: unknown): void {
  console.error(error instanceof StartupError ? error.message : printError(error))
  process.exit(1)
}

/** The first signal lets running requests finish; a second one, or the deadline, ends the process at once. */
function stop(signal: NodeJS.Signals): void {
  if (isStopping) process.exit(1)
  isStopping = true
  app?.log.info({ signal }, 'stopping')
  setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref()
  closeAll().then(end, fail)
}

function end(): void {
  app?.log.info('stopped')
  process.exit(0)
}

async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close()
}

/** Provides the configured database, or the embedded one, migrated. */
async function provideDatabase(config: Config) {
  const { databaseUrl, dataFolder } = config
  if (databaseUrl === undefined) {
    const starting = startEmbeddedPostgres(dataFolder)
    // Also when a signal interrupts the start: the start is finished first.
    closers.push(async () => (await starting).close())
    const { url } = await starting
    await migrateDatabase(url)
    return { isEmbedded: true, url }
  }
  await prepareDatabase({ ...config, databaseUrl }, console.error)
  return { isEmbedded: false, url: databaseUrl }
}

async function listen(app: App, { host, port }: Config): Promise<void> {
  try {
    await app.listenAt(host, port)
  } catch (error) {
    if (error instanceof StartupError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new StartupError(`Port ${port} on ${host} is in use. Set PORT to a free one.`)
    throw new StartupError(`Cannot listen on ${host}:${port}: ${message}. Look at HOST and PORT.`)
  }
}

/** In one piece, so that no line of the log gets between its lines. */
function printWelcome(app: App, { storeToken, adminToken, supervisorToken }: Demo): void {
  const origin = nameListener(app.server.address() as AddressInfo)
  const lines = [`\nstore-chat listens on ${origin}, its API is described on ${origin}/docs/`]
  if (storeToken !== undefined) {
    lines.push(
      'The demo store asks for its session:\n',
      `  curl -H 'Authorization: Token ${storeToken}' ${origin}/v1/chat/store/session/\n`,
      `It chats at ${origin}/chat/ with that token.`,
    )
  }
  if (adminToken !== undefined) {
    lines.push(`The demo admin answers at ${origin}/console/ with\n`, `  ${adminToken}\n`)
  }
  if (supervisorToken !== undefined) {
    lines.push(
      `A supervisor may read, release, transfer and close any session; the demo's signs in at ${origin}/console/ with\n`,
      `  ${supervisorToken}\n`,
    )
  }
  console.log(lines.join('\n'))
}
