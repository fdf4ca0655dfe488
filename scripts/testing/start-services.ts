import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { migrateDatabase } from '../../src/database/startup/migrate.js'
import { openCluster, type Cluster } from '../../src/embedded/cluster.js'
import { runAsAdministrator } from '../../harness/administrator.js'
import { copyCluster } from '../../harness/copy-cluster.js'
import { findRedisProgram, startRedisServer } from '../../harness/redis-server.js'
import type { Services } from '../../harness/services.js'
import { installPackage } from './debian-packages.js'
import { StepFailure } from './steps.js'

const TEMPLATE = 'store_chat_template'

/** Starts the services that all tests share, in a folder: a PostgreSQL with a migrated template database, and a Redis. */
export async function startServices(folder: string): Promise<Services & { stop(): Promise<void> }> {
  const templateCluster = join(folder, 'template')
  await createTemplate(templateCluster)
  await copyCluster(templateCluster, join(folder, 'shared'))
  const redis = await provideRedis()
  const cluster = await openCluster(join(folder, 'shared'))
  const stop = async () => {
    await Promise.all([cluster.stop('immediate'), redis.stop()])
  }
  try {
    const databaseUrl = await start(cluster, { max_connections: '300' })
    await visit(databaseUrl, TEMPLATE)
    return { databaseUrl, templateCluster, templateDatabase: TEMPLATE, redisUrl: redis.url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Creates a cluster whose database is migrated, with a copy of it that nobody is connected to: only such a database can be cloned. */
async function createTemplate(folder: string): Promise<void> {
  const cluster = await openCluster(folder)
  const url = await start(cluster)
  try {
    await migrateDatabase(url)
    // The connection that runs it is to the database that is copied, which is no obstacle.
    await runAsAdministrator(url, `create database ${TEMPLATE} template postgres strategy file_copy`)
  } finally {
    await cluster.stop()
  }
  await trustAdministrator(folder)
}

/**
 * Starts a cluster and returns its URL. Test data need not survive a crash of the machine. Other settings are those of
 * production.
 */
async function start(cluster: Cluster, settings: Record<string, string> = {}): Promise<string> {
  await cluster.start({ settings: { fsync: 'off', full_page_writes: 'off', ...settings } })
  const url = await cluster.url()
  if (url === undefined) throw new StepFailure('The PostgreSQL that was started does not run')
  return url
}

/** The first connection to a database stores what all need to know of its catalog, and a clone has that from the beginning. */
async function visit(databaseUrl: string, database: string): Promise<void> {
  const url = new URL(databaseUrl)
  url.pathname = database
  const client = new Client(url.href)
  await client.connect()
  await client.end()
}

/** Tests connect thousands of times, and a check of the password takes a third of the CPU time of that. */
async function trustAdministrator(folder: string): Promise<void> {
  const rules = join(folder, 'postgres', 'pg_hba.conf')
  await writeFile(rules, `host all postgres 127.0.0.1/32 trust\n${await readFile(rules, 'utf8')}`)
}

async function provideRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env['REDIS_URL']
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined }
  const program = (await findRedisProgram()) ?? (await installRedis())
  return startRedisServer(program)
}

async function installRedis(): Promise<string> {
  console.error('There is no redis-server or valkey-server: installing redis-server')
  await installPackage('redis-server')
  const program = await findRedisProgram()
  if (program !== undefined) return program
  throw new StepFailure('The tests need a Redis: install redis-server or valkey-server, or set REDIS_URL to one.')
}
