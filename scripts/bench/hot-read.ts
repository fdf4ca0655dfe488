import autocannon from 'autocannon'
import { noLimitsEnvironment } from '../../harness/no-limits.js'
import { compete } from './rounds.js'
import { seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, rival, type Services } from './services.js'

export const READ_STORES = 10_000
const MESSAGES = 20
const CONNECTIONS = [32, 128]
const READ_SECONDS = 5
const ROUNDS = 3
export const READ_PATH = '/v1/chat/store/session/'
/** Restores the default rate limits, because an empty variable counts as unset. No store reaches them. */
export const limitsUnset = Object.fromEntries(Object.keys(noLimitsEnvironment).map((name) => [name, '']))

export const headersOfStore = (id: number) => ({ authorization: `Token ${storeToken(id)}` })

/**
 * Measures `GET store/session/` of random stores, each with an active session of 20 messages. After the warm-up round
 * most of the sessions are in the cache of the first node; another node has no cache.
 */
export async function compareHotReads({ databaseUrl, startServer }: Services): Promise<string> {
  await seedAccounts(databaseUrl, READ_STORES, 1)
  await seedSessions(databaseUrl, MESSAGES, false)
  const environment = { DATABASE_URL: databaseUrl }
  const limited = { ...environment, ...limitsUnset }
  const ours = await startServer(product, limited)
  const unlimited = await startServer(product, environment)
  const uncached = await startServer(product, { ...limited, SESSION_CACHE_MB: '0' })
  const bare = await startServer(rival('bare-read'), environment)
  const usual = await startServer(rival('usual-read'), environment)
  const contestantsWith = (connections: number) => [
    {
      name: 'store-chat, with authentication',
      measure: () => measureRate(`${ours.origin}${READ_PATH}`, connections, headersOfStore),
    },
    {
      name: 'the same, without limits',
      measure: () => measureRate(`${unlimited.origin}${READ_PATH}`, connections, headersOfStore),
    },
    {
      name: 'the same, nothing kept in memory',
      measure: () => measureRate(`${uncached.origin}${READ_PATH}`, connections, headersOfStore),
    },
    {
      name: 'node:http + pg, one prepared statement',
      measure: () => measureRate(bare.origin, connections, (id) => ({ 'x-store': `${id}` })),
    },
    {
      name: 'Fastify + Prisma findFirst with include',
      measure: () => measureRate(`${usual.origin}/session`, connections, (id) => ({ 'x-store': `${id}` })),
    },
  ]
  const tables: string[] = []
  for (const connections of CONNECTIONS) {
    const title = `GET store/session/, ${READ_STORES} stores, ${MESSAGES} messages each, ${connections} connections`
    tables.push(await compete(title, contestantsWith(connections), ROUNDS))
  }
  await Promise.all([ours, unlimited, uncached, bare, usual].map((server) => server.stop()))
  return tables.join('\n')
}

async function measureRate(...args: Parameters<typeof measureReads>): Promise<Record<string, number>> {
  return { 'requests/s': (await measureReads(...args)).rate }
}

/** Requests the sessions of random stores for READ_SECONDS. Returns the rate per second and the total. */
export async function measureReads(
  url: string,
  connections: number,
  headersOf: (storeId: number) => Record<string, string>,
): Promise<{ rate: number; count: number }> {
  const setupRequest = (request: autocannon.Request) => ({
    ...request,
    headers: headersOf(1 + Math.floor(Math.random() * READ_STORES)),
  })
  const result = await autocannon({ url, connections, duration: READ_SECONDS, requests: [{ setupRequest }] })
  if (result.non2xx + result.errors > 0) throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`)
  return { rate: result.requests.average, count: result.requests.total }
}
