import autocannon from 'autocannon'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../harness/until.js'
import { openListener } from './listener.js'
import { compete } from './rounds.js'
import { adminToken, seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, type Server, type Services } from './services.js'

const FEW = 1000
const MANY = 1_000_000
const CONNECTIONS = 4
const SECONDS = 4
const ROUNDS = 3
/** A node drops its state for admins within this time after its last admin has disconnected. */
const REST_MS = 3000

/**
 * Measures the first admin of a node: the time until it is ready, the memory that the node keeps for it, and its effect
 * on reads of stores.
 */
export async function compareFirstAdmins(services: Services): Promise<string> {
  const contestants = []
  for (const [database, open] of Object.entries({ few: FEW, many: MANY })) {
    const databaseUrl = await services.createDatabase(database)
    await seedAccounts(databaseUrl, open, 1)
    await seedSessions(databaseUrl, 0, false)
    const server = await services.startServer(product, { DATABASE_URL: databaseUrl, REDIS_URL: services.redisUrl })
    contestants.push({ name: `${open} open sessions`, measure: () => measureFirstAdmin(server, open) })
  }
  return compete('The first admin of a node, beside reads of stores', contestants, ROUNDS)
}

export async function measureFirstAdmin(server: Server, stores: number): Promise<Record<string, number>> {
  const before = Number(await server.ask?.('SIGUSR2'))
  const load = loadReads(server, stores)
  await delay(1000)
  const startedAt = performance.now()
  let isReady = false
  const admin = await openListener(server, `/v1/chat/ws/admin/?token=${adminToken(1)}`, () => (isReady = true))
  await until(() => isReady, 60_000, 'the admin is ready')
  const readyMs = performance.now() - startedAt
  const p99 = await load
  const after = Number(await server.ask?.('SIGUSR2'))
  admin.close()
  await delay(REST_MS)
  return { 'ms to ready': readyMs, 'MB kept': (after - before) / 2 ** 20, "ms (p99) of a store's read": p99 }
}

/** Returns the p99 of reads of random stores, in milliseconds. */
async function loadReads({ origin: url }: Server, stores: number): Promise<number> {
  const setupRequest = (request: autocannon.Request): autocannon.Request => {
    const token = storeToken(1 + Math.floor(Math.random() * stores))
    return { ...request, path: '/v1/chat/store/session/', headers: { authorization: `Token ${token}` } }
  }
  const options = { url, connections: CONNECTIONS, overallRate: 200, duration: SECONDS, requests: [{ setupRequest }] }
  const { latency, non2xx, errors } = await autocannon(options)
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} refused, ${errors} failed`)
  return latency.p99
}
