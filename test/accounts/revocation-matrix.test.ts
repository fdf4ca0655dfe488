import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { addStore, addToken } from '../support/chat/accounts.js'
import { lockSession } from '../support/chat/session-lock.js'
import { createDatabase } from '../support/databases/database.js'
import { nowInSeconds, SECRET, sign } from '../support/platform/jwt.js'
import { createNetwork } from '../support/nodes/network.js'
import { startNodes, type TestNode } from '../support/nodes/node.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { enter, type SocketClient } from '../support/clients/socket-client.js'
import { until, within } from '../../harness/until.js'

/** From the answer to what ends a token or a JWT until nothing is open any more. */
const PROMISE_MS = 1000
/** A machine that runs other tests as well may be late. What was late is tried again, and the output says so. */
const TRIES = 5
/** Until something is late for good. */
const DEADLINE_MS = 10_000
/** Long enough to open what is to end by itself. */
const LIFE_MS = 2000
const path = '/v1/chat/store/session/'
const platformToken = 'platform-token-for-tests'

interface Victim {
  id: number
  token: string
  tokenId: number
  /** When it ends by itself. */
  expiresAt?: number
  /** Ends what the victim came with, through another node than the victim's; resolves when that was promised. */
  end(): Promise<unknown>
}

const database = await createDatabase(t)
const redis = await startOwnRedis(t)
const nodes = await startNodes(t, 2, {
  database,
  network: createNetwork(t, 'redis', redis.url),
  config: {
    platformToken,
    jwt: { algorithms: ['HS256'], secrets: [SECRET] },
    logLevel: 'silent',
    // The sessions are locked for that long.
    databaseStatementTimeoutMs: 60_000,
  },
})
const [here, there] = nodes as [TestNode, TestNode]

async function act(method: string, path: string, body?: object): Promise<void> {
  const isDone = async () =>
    (await here.request(method, `/v1/chat/platform/${path}/`, { token: platformToken, body })).status === 200
  // A loaded machine may answer 503 at first.
  await until(isDone, DEADLINE_MS, `${method} ${path}`)
}
const signOut = (id: number) => act('POST', 'accounts/sign-out', { store_id: id })
const switchOff = (id: number) => act('PUT', `stores/${id}`, { name: 'Off', active: false })

async function withToken(end: (store: { id: number; tokenId: number }) => Promise<void>): Promise<Victim> {
  const store = await addStore(database)
  return { ...store, end: () => end(store) }
}

async function withJwt(end: (id: number) => Promise<void>): Promise<Victim> {
  const { id } = await addStore(database)
  return { id, tokenId: 0, token: await sign({ sub: `store:${id}` }), end: () => end(id) }
}

const causes: Record<string, (lifeMs: number) => Promise<Victim>> = {
  'a token that is revoked': () => withToken(({ tokenId }) => act('DELETE', `tokens/${tokenId}`)),
  'a token of an account that is signed out': () => withToken(({ id }) => signOut(id)),
  'a token of an account that is switched off': () => withToken(({ id }) => switchOff(id)),
  'a JWT of an account that is signed out': () => withJwt(signOut),
  'a JWT of an account that is switched off': () => withJwt(switchOff),
  async 'a token that expires'(lifeMs) {
    const [{ id }, expiresAt] = [await addStore(database), Date.now() + lifeMs]
    const token = await addToken(database, { storeId: id, expiresAt: new Date(expiresAt) })
    return { id, ...token, expiresAt, end: () => delay(expiresAt - Date.now()) }
  },
  async 'a JWT that expires'(lifeMs) {
    const [{ id }, exp] = [await addStore(database), nowInSeconds() + Math.ceil(lifeMs / 1000)]
    const [token, expiresAt] = [await sign({ sub: `store:${id}`, exp }), exp * 1000]
    return { id, tokenId: 0, token, expiresAt, end: () => delay(expiresAt - Date.now()) }
  },
}

/** A socket with frames in its queue: the first waits for its session, which is locked, and the others for the first. */
async function openBusySocket(t: Test, victim: Victim) {
  const socket = await enter(t, there, 'store', victim)
  const [connection] = [...there.app.hub.store.subscriptions.connectionsOf(victim.id)].slice(-1)
  const pong = async () => {
    const came = new Promise((resolve) => socket.socket.once('pong', resolve))
    socket.socket.ping()
    await within(DEADLINE_MS, came, 'what was sent has come')
  }
  socket.send('message', { content: 'under way' })
  await pong()
  for (let place = 1; place < 10; place++) socket.send('message', { content: `queued ${place}` })
  await pong()
  return { busy: socket, connection }
}

/** Everything that is open to one victim: HTTP, an idle and a busy socket. */
async function openCell(t: Test, cause: string, victim: Victim) {
  const { status, body } = await there.get(path, victim)
  if (status !== 200) throw new Error(`${cause} does not work: ${status}`)
  const sessionId = body.id as number
  const idle = await enter(t, there, 'store', victim)
  const { release } = await lockSession(database, sessionId)
  try {
    return { sessionId, idle, release, ...(await openBusySocket(t, victim)) }
  } catch (error) {
    await release()
    throw error
  }
}

const closeCodeOf = async (socket: SocketClient) => (await within(DEADLINE_MS, socket.closed, 'the socket ends')).code

/**
 * Opens everything to one victim, ends what it came with, and returns how long what closed last stayed open after that.
 * Infinity when the machine was so slow that the victim's life was over before all was open.
 */
async function measure(t: Test, cause: string, lifeMs: number): Promise<number> {
  const victim = await causes[cause]?.(lifeMs)
  if (victim === undefined) throw new Error(`There is no cause ${cause}`)
  const { expiresAt = Infinity } = victim
  const cell = await openCell(t, cause, victim).catch((error: unknown) => {
    if (Date.now() >= expiresAt) return undefined
    throw error
  })
  if (cell === undefined || Date.now() >= expiresAt) return Infinity
  const { sessionId, idle, busy, connection, release } = cell
  await victim.end()
  const endedAt = performance.now()
  const tookMs = async (what: string, found: Promise<unknown>, expected: unknown) => {
    const value = await found
    const tookMs = performance.now() - endedAt
    t.equal(value, expected, `${cause}, ${what}: ${Math.round(tookMs)} ms`)
    return tookMs
  }
  const isRefused = async () => (await there.get(path, victim)).status === 401
  const times = await Promise.all([
    tookMs('HTTP', until(isRefused, DEADLINE_MS, `${cause}: 401`), true),
    tookMs('idle socket', closeCodeOf(idle), 4001),
    tookMs('busy socket', closeCodeOf(busy), 4001),
  ])
  await release()
  await connection?.work
  const stored = await database.query('select content from chat_message where session_id = $1', [sessionId])
  t.notMatch(JSON.stringify(stored), /queued/, 'nothing that waited is stored')
  return Math.max(...times)
}

for (const isRedisUp of [true, false]) {
  t.test(isRedisUp ? 'while Redis is up' : 'while Redis is away', async (t) => {
    if (!isRedisUp) await redis.stop()
    let late = Object.keys(causes)
    for (let attempt = 1; late.length > 0 && attempt <= TRIES; attempt++) {
      if (attempt > 1)
        t.comment(
          `Tried again, as this took more than ${PROMISE_MS} ms, or was over before all was open: ${late.join(', ')}`,
        )
      const times = await Promise.all(late.map((cause) => measure(t, cause, LIFE_MS * attempt)))
      late = late.filter((_, place) => (times[place] ?? Infinity) > PROMISE_MS)
    }
    t.same(late, [], `all ends within ${PROMISE_MS} ms`)
  })
}
