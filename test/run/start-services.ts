import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { migrateDatabase } from '../../src/database/migrate.js'
import { openCluster } from '../../src/embedded/cluster.js'
import { runAsAdministrator } from '../support/database.js'
import { findRedisProgram, startRedisServer } from '../support/redis-server.js'
import type { Services } from '../support/services.js'
import { StepFailure } from './steps.js'

const TEMPLATE = 'store_chat_template'

/** Starts what all tests share, in a folder: a PostgreSQL with one migrated database, and a Redis. */
export async function startServices(folder: string): Promise<Services & { stop(): Promise<void> }> {
  const redis = await provideRedis()
  const cluster = await openCluster(join(folder, 'shared'))
  const stop = async () => {
    await Promise.all([cluster.stop('immediate'), redis.stop()])
  }
  try {
    // What a crash of the machine would lose is no loss here; all else is as in production.
    await cluster.start({ settings: { fsync: 'off', max_connections: '300' } })
    const databaseUrl = await cluster.url()
    if (databaseUrl === undefined) throw new StepFailure('The PostgreSQL that was started does not run')
    await runAsAdministrator(databaseUrl, `create database ${TEMPLATE}`)
    const template = new URL(databaseUrl)
    template.pathname = TEMPLATE
    await migrateDatabase(template.href)
    return { databaseUrl, templateDatabase: TEMPLATE, redisUrl: redis.url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function provideRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env['REDIS_URL']
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined }
  const program = (await findRedisProgram()) ?? (await installRedis())
  return startRedisServer(program)
}

/** With apt-get, where that is possible without being asked anything. */
async function installRedis(): Promise<string> {
  // Runlevel 1 is that of a rescue system: the package then starts no service.
  const settings = 'export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive'
  const install = `${settings}; apt-get -qq update && apt-get -qq install --no-install-recommends redis-server`
  console.error('There is no redis-server or valkey-server: installing redis-server')
  const asRoot = process.getuid?.() === 0
  const [command, words] = asRoot ? ['sh', ['-c', install]] : ['sudo', ['--non-interactive', 'sh', '-c', install]]
  await promisify(execFile)(command, words).catch(() => undefined)
  const program = await findRedisProgram()
  if (program !== undefined) return program
  throw new StepFailure('The tests need a Redis: install redis-server or valkey-server, or set REDIS_URL to one.')
}
