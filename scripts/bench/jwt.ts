import { SignJWT } from 'jose'
import { readCpuMs } from './cpu-time.js'
import { measureReads, READ_PATH } from './hot-read.js'
import { compete } from './rounds.js'
import { seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, type Services } from './services.js'

/** Few enough that each store sends a request within a minute, also on a slow machine. */
const STORES = 200
const MESSAGES = 20
const CONNECTIONS = 32
const ROUNDS = 9
const SECRET = 'a-secret-of-the-benchmark-of-32-bytes'

/**
 * Measures `GET store/session/` of random stores on one server, with JWTs and with tokens in turn. After the warm-up
 * round the node has verified every JWT, as it has when a store sends its second request.
 */
export async function compareJwts({ databaseUrl, startServer }: Services): Promise<string> {
  await seedAccounts(databaseUrl, STORES, 1)
  await seedSessions(databaseUrl, MESSAGES, false)
  const environment = { DATABASE_URL: databaseUrl, JWT_ALGORITHMS: 'HS256', JWT_SECRET: SECRET }
  const server = await startServer(product, environment)
  const jwts = await Promise.all(Array.from({ length: STORES }, (_, index) => sign(index + 1)))
  const read = async (tokenOf: (store: number) => string) => {
    const before = await readCpuMs([server.pid])
    const { rate, count } = await measureReads(`${server.origin}${READ_PATH}`, CONNECTIONS, (id) => ({
      authorization: `Token ${tokenOf(1 + (id % STORES))}`,
    }))
    const cpuMs = (await readCpuMs([server.pid])) - before
    return { 'requests/s': rate, 'µs of CPU a request': (cpuMs * 1000) / count }
  }
  const contestants = [
    { name: 'by JWTs', measure: () => read((store) => jwts[store - 1] ?? '') },
    { name: 'by tokens of the service', measure: () => read(storeToken) },
  ]
  const title = `GET store/session/, ${STORES} stores, ${MESSAGES} messages each, ${CONNECTIONS} connections`
  const table = await compete(title, contestants, ROUNDS)
  await server.stop()
  return table
}

const sign = (store: number) =>
  new SignJWT({ name: `Store ${store}` })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(`store:${store}`)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET))
