import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { addStore, addToken } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { nowInSeconds, SECRET, sign } from '../support/platform/jwt.js'
import { createNetwork } from '../support/nodes/network.js'
import { startNodes, type TestNode } from '../support/nodes/node.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { enter, type SocketClient } from '../support/clients/socket-client.js'
import { until, within } from '../../harness/until.js'

/** What the service promises, and what a machine that runs other tests as well may add. */
const DEADLINE_MS = 1000 + 9000
/** Long enough to open what is to end by itself, once all else is open. */
const LIFE_MS = 6000
const path = '/v1/chat/store/session/'
const platformToken = 'platform-token-for-tests'

interface Victim {
  id: number
  token: string
  tokenId: number
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
    jwt: { algorithms: ['HS256'], secret: SECRET },
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

const causes: Record<string, () => Promise<Victim>> = {
  'a token that is revoked': () => withToken(({ tokenId }) => act('DELETE', `tokens/${tokenId}`)),
  'a token of an account that is signed out': () => withToken(({ id }) => signOut(id)),
  'a token of an account that is switched off': () => withToken(({ id }) => switchOff(id)),
  'a JWT of an account that is signed out': () => withJwt(signOut),
  'a JWT of an account that is switched off': () => withJwt(switchOff),
}
const expiries: typeof causes = {
  async 'a token that expires'() {
    const [{ id }, expiresAt] = [await addStore(database), new Date(Date.now() + LIFE_MS)]
    const token = await addToken(database, { storeId: id, expiresAt })
    return { id, ...token, end: () => delay(expiresAt.getTime() - Date.now()) }
  },
  async 'a JWT that expires'() {
    const [{ id }, exp] = [await addStore(database), nowInSeconds() + LIFE_MS / 1000]
    return { id, tokenId: 0, token: await sign({ sub: `store:${id}`, exp }), end: () => delay(exp * 1000 - Date.now()) }
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
  return { socket, connection }
}

/** Locks sessions until the function that it returns is called. */
async function lockSessions(t: Test, ids: number[]): Promise<() => Promise<unknown>> {
  const client = new Client(database.url)
  t.teardown(() => client.end())
  await client.connect()
  await client.query('begin')
  await client.query('select from chat_session where id = any($1) for update', [ids])
  return () => client.query('commit')
}

/** For each cause a victim with an idle and a busy socket. */
async function openCells(t: Test, someCauses: typeof causes) {
  const open = async ([cause, create]: [string, () => Promise<Victim>]) => {
    const victim = await create()
    const { status, body } = await there.get(path, victim)
    t.equal(status, 200, `${cause} works`)
    return { cause, victim, sessionId: body.id as number, idle: await enter(t, there, 'store', victim) }
  }
  const cells = await Promise.all(Object.entries(someCauses).map(open))
  const release = await lockSessions(
    t,
    cells.map(({ sessionId }) => sessionId),
  )
  return Promise.all(cells.map(async (cell) => ({ ...cell, release, busy: await openBusySocket(t, cell.victim) })))
}

const closeCodeOf = async (socket: SocketClient) => (await within(DEADLINE_MS, socket.closed, 'the socket ends')).code

for (const isRedisUp of [true, false]) {
  t.test(isRedisUp ? 'while Redis is up' : 'while Redis is away', async (t) => {
    if (!isRedisUp) await redis.stop()
    const cells = [...(await openCells(t, causes)), ...(await openCells(t, expiries))]
    const sessionIds = cells.map(({ sessionId }) => sessionId)
    const tookMs: string[] = []
    await Promise.all(
      cells.map(async ({ cause, victim, idle, busy }) => {
        await victim.end()
        const endedAt = performance.now()
        const check = async (what: string, found: Promise<unknown>, expected: unknown) => {
          t.equal(await found, expected, `${cause}, ${what}`)
          tookMs.push(`${Math.round(performance.now() - endedAt)} ms: ${cause}, ${what}`)
        }
        const isRefused = async () => (await there.get(path, victim)).status === 401
        await Promise.all([
          check('HTTP', until(isRefused, DEADLINE_MS, `${cause}: 401`), true),
          check('idle socket', closeCodeOf(idle), 4001),
          check('busy socket', closeCodeOf(busy.socket), 4001),
        ])
      }),
    )
    t.comment(tookMs.join('\n'))
    for (const { release } of cells) await release()
    for (const { busy } of cells) await busy.connection?.work
    const stored = await database.query('select content from chat_message where session_id = any($1)', [sessionIds])
    t.notMatch(JSON.stringify(stored), /queued/, 'nothing that waited is stored')
  })
}
