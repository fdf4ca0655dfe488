import autocannon from 'autocannon'
import { Redis } from 'ioredis'
import { compete } from './rounds.js'
import { execute, seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, type Server, type Services } from './services.js'

const MESSAGES_EACH = 20
const SMALL = { stores: 500, admins: 10 }
const LARGE = { stores: 250_000, admins: 10_000 }
const OTHER_NODES = 7
const CHANNELS_EACH = 1000
/** Number of active stores in each setting, spread over all stores. */
const ACTIVE_STORES = 500
const CONNECTIONS = 16
const SECONDS = 5
const ROUNDS = 3

/** Measures the same read and the same send with few rows, with many rows, and with many subscribed nodes. */
export async function compareGrowth(services: Services): Promise<string> {
  const { redisUrl } = services
  const small = await seedDatabase(services, 'small', SMALL)
  const large = await seedDatabase(services, 'large', LARGE)
  const environment = { REDIS_URL: redisUrl, DATABASE_POOL_SIZE: '10' }
  const smallServer = await services.startServer(product, { ...environment, DATABASE_URL: small })
  const largeServer = await services.startServer(product, { ...environment, DATABASE_URL: large })
  const manyNodesServer = await services.startServer(product, {
    ...environment,
    DATABASE_URL: small,
    REDIS_PREFIX: 'many-nodes',
  })
  const others = await listenElsewhere(redisUrl, 'many-nodes')
  const name = ({ stores, admins }: typeof SMALL) => `${stores * MESSAGES_EACH} messages, ${admins} admins`
  const settings = [
    { name: `${name(SMALL)}, 1 node`, server: smallServer, stores: SMALL.stores },
    { name: `${name(LARGE)}, 1 node`, server: largeServer, stores: LARGE.stores },
    {
      name: `${name(SMALL)}, subscriptions of ${1 + OTHER_NODES} nodes`,
      server: manyNodesServer,
      stores: SMALL.stores,
    },
  ]
  const tables: string[] = []
  // All reads run before the first send, because sends add to what is read.
  for (const [figure, request] of [
    ['reads/s', readRequest],
    ['sends/s', sendRequest],
  ] as const) {
    const contestants = settings.map((setting) => ({
      name: setting.name,
      measure: async () => ({ [figure]: await load(setting, request) }),
    }))
    tables.push(await compete(`Growth: ${figure}`, contestants, ROUNDS))
  }
  for (const other of others) other.disconnect()
  return tables.join('\n')
}

async function seedDatabase(services: Services, name: string, { stores, admins }: typeof SMALL): Promise<string> {
  const url = await services.createDatabase(name)
  await seedAccounts(url, stores, admins)
  await seedSessions(url, MESSAGES_EACH, false)
  await execute(url, 'checkpoint')
  return url
}

/** Simulates the subscriptions of other nodes: each subscribes to all admins and to many stores. */
function listenElsewhere(redisUrl: string, prefix: string): Promise<Redis[]> {
  return Promise.all(
    Array.from({ length: OTHER_NODES }, async (_, node) => {
      const redis = new Redis(redisUrl)
      const stores = Array.from({ length: CHANNELS_EACH }, (_unused, store) => `store:${node * CHANNELS_EACH + store}`)
      await redis.subscribe(...['admins', ...stores].map((channel) => `${prefix}:${channel}`))
      return redis
    }),
  )
}

type Build = (request: autocannon.Request) => autocannon.Request
const readRequest: Build = (request) => ({ ...request, method: 'GET', path: '/v1/chat/store/session/' })
const sendRequest: Build = (request) => ({
  ...request,
  method: 'POST',
  path: '/v1/chat/store/message/',
  headers: { ...request.headers, 'content-type': 'application/json' },
  body: '{"content":"Where is my parcel?"}',
})

/** Sends requests of random active stores. */
async function load({ server, stores }: { server: Server; stores: number }, build: Build): Promise<number> {
  const setupRequest = (request: autocannon.Request) => {
    const token = storeToken(Math.ceil(Math.random() * ACTIVE_STORES) * Math.floor(stores / ACTIVE_STORES))
    return build({ ...request, headers: { authorization: `Token ${token}` } })
  }
  const { origin: url } = server
  const result = await autocannon({ url, connections: CONNECTIONS, duration: SECONDS, requests: [{ setupRequest }] })
  if (result.non2xx + result.errors > 0) throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`)
  return result.requests.average
}
