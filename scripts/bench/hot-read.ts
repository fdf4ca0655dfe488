import autocannon from 'autocannon'
import { noLimitsEnvironment } from '../../harness/no-limits.js'
import { compete } from './rounds.js'
import { seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, rival, type Services } from './services.js'

const STORES = 10_000
const MESSAGES = 20
const CONNECTIONS = [32, 128]
const SECONDS = 5
const ROUNDS = 3
export const READ_PATH = '/v1/chat/store/session/'
/** An empty variable counts as unset. No store asks for so much that it would be refused. */
const defaultLimits = Object.fromEntries(Object.keys(noLimitsEnvironment).map((name) => [name, '']))

/**
 * `GET store/session/` of random stores, each with an active session of 20 messages. After the round for warming up most of
 * them have been asked for, and their messages lie in the product's memory; a second node of it keeps nothing.
 */
export async function compareHotReads({ databaseUrl, startServer }: Services): Promise<string> {
  await seedAccounts(databaseUrl, STORES, 1)
  await seedSessions(databaseUrl, MESSAGES, false)
  const environment = { DATABASE_URL: databaseUrl }
  const limited = { ...environment, ...defaultLimits }
  const ours = await startServer(product, limited)
  const unlimited = await startServer(product, environment)
  const forgetful = await startServer(product, { ...limited, SESSION_CACHE_MB: '0' })
  const bare = await startServer(rival('bare-read'), environment)
  const usual = await startServer(rival('usual-read'), environment)
  const headersOf = (id: number) => ({ authorization: `Token ${storeToken(id)}` })
  const load = async (url: string, connections: number, headersOf: (storeId: number) => Record<string, string>) => ({
    'requests/s': (await measureReads(url, connections, { stores: STORES, headersOf })).rate,
  })
  const contestantsWith = (connections: number) => [
    {
      name: 'store-chat, with authentication',
      measure: () => load(`${ours.origin}${READ_PATH}`, connections, headersOf),
    },
    {
      name: 'the same, without limits',
      measure: () => load(`${unlimited.origin}${READ_PATH}`, connections, headersOf),
    },
    {
      name: 'the same, nothing kept in memory',
      measure: () => load(`${forgetful.origin}${READ_PATH}`, connections, headersOf),
    },
    {
      name: 'node:http + pg, one prepared statement',
      measure: () => load(bare.origin, connections, (id) => ({ 'x-store': `${id}` })),
    },
    {
      name: 'Fastify + Prisma findFirst with include',
      measure: () => load(`${usual.origin}/session`, connections, (id) => ({ 'x-store': `${id}` })),
    },
  ]
  const tables: string[] = []
  for (const connections of CONNECTIONS) {
    const title = `GET store/session/, ${STORES} stores, ${MESSAGES} messages each, ${connections} connections`
    tables.push(await compete(title, contestantsWith(connections), ROUNDS))
  }
  await Promise.all([ours, unlimited, forgetful, bare, usual].map((server) => server.stop()))
  return tables.join('\n')
}

/** Requests of random stores, whose ids begin with 1: how many in a second, and in all. */
export async function measureReads(
  url: string,
  connections: number,
  { stores, headersOf }: { stores: number; headersOf: (storeId: number) => Record<string, string> },
): Promise<{ rate: number; total: number }> {
  const setupRequest = (request: autocannon.Request) => ({
    ...request,
    headers: headersOf(1 + Math.floor(Math.random() * stores)),
  })
  const result = await autocannon({ url, connections, duration: SECONDS, requests: [{ setupRequest }] })
  if (result.non2xx + result.errors > 0) throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`)
  return { rate: result.requests.average, total: result.requests.total }
}
