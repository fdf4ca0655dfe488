import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Client } from 'pg'
import { openCluster } from '../../src/embedded/cluster.js'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase, type TestDatabase } from '../support/databases/database.js'
import { createMigratedFolder } from '../support/databases/own-postgres.js'
import {
  startEmbeddedServer,
  startServer,
  withoutCoverage,
  type ServerProcess,
} from '../support/nodes/server-process.js'
import { createTempFolder } from '../support/temp-folder.js'
import { until, within } from '../../harness/until.js'

const path = '/v1/chat/store/session/'
/** More than Node.js lets wait by default at one listener, as there is on Node.js 20. */
const HERD = 600
const ended = { code: 0, signal: null }
/** Statements of the servers may wait for a lock this long. */
const patientStatements = { DATABASE_STATEMENT_TIMEOUT_MS: '60000' }

t.test('a server that is told to stop ends in time, with code 0, whatever clients do', async (t) => {
  const { server, port, store, database } = await start(t)
  // No request, as browsers open connections; half a request; half a body; and one after a request.
  const unused = await Promise.all([dial(t, port), dial(t, port)])
  const [head, body, kept] = await Promise.all([dial(t, port), dial(t, port), dial(t, port)])
  head.write('GET /v1/chat/store/ses')
  body.write(
    [
      'POST /v1/chat/store/message/ HTTP/1.1',
      'Host: chat',
      `Authorization: Token ${store.token}`,
      'Content-Type: application/json',
      'Content-Length: 100',
      '',
      '{"content": ',
    ].join('\r\n'),
  )
  kept.write('GET /health/live/ HTTP/1.1\r\nHost: chat\r\n\r\n')
  await once(kept, 'data')
  // An upgrade that is stuck in the database, and a request that is finished first.
  const release = await lockTable(t, database, 'chat_session')
  const upgrade = await dial(t, port)
  upgrade.write(
    [
      `GET /v1/chat/ws/store/?token=${store.token} HTTP/1.1`,
      'Host: chat',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    ].join('\r\n'),
  )
  const client = createRequest(port, store.token)
  await until(() => countLocks(database.query, 2), 5000, 'both wait in the database')
  // A client that does not read its answers, which are more than the kernel's buffers hold.
  const silent = await dial(t, port)
  silent.pause()
  for (let count = 0; count < 300; count++) silent.write('GET /docs/json HTTP/1.1\r\nHost: chat\r\n\r\n')
  const closed = Promise.all([...unused, head, kept].map((socket) => once(socket.resume(), 'close')))
  server.kill('SIGTERM')
  await until(() => server.output().out.includes('"msg":"stopping"'), 5000)
  // At the deadline of the shutdown the waiting request would be cut with them, and not be answered.
  await closed
  await release()
  t.match(await client.done, /^HTTP\/1.1 200 /)
  t.same(await server.exit(), ended)
})

const longestQueue = Number(await readFile('/proc/sys/net/core/somaxconn', 'utf8').catch(() => 0))
const skip = longestQueue < HERD && 'the kernel drops them'
t.test('connections that come together wait until a busy server accepts them, and are served', { skip }, async (t) => {
  const { server, port } = await start(t)
  const listeners = Number(process.versions.node.split('.')[0]) >= 22 ? 16 : 1
  await until(async () => (await countListeners(port)) === listeners, 5000, 'all listen')
  server.kill('SIGSTOP')
  t.teardown(() => server.kill('SIGCONT'))
  const herd = Promise.all(Array.from({ length: HERD }, () => dial(t, port)))
  const sockets = await within(10_000, herd, 'all are connected')
  server.kill('SIGCONT')
  const answers = sockets.map((socket) => {
    socket.write('GET /health/live/ HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n')
    return text(socket)
  })
  t.ok((await Promise.all(answers)).every((answer) => answer.startsWith('HTTP/1.1 200 ')))
  server.kill('SIGTERM')
  t.same(await server.exit(), ended)
})

t.test('the embedded PostgreSQL ends with its server', { jobs: 2 }, async (t) => {
  t.test('when a signal ends it in time', async (t) => {
    const { server, port, folder } = await startEmbedded(t)
    await dial(t, port)
    server.kill('SIGTERM')
    t.same(await server.exit(), ended)
    t.equal(await (await openCluster(folder)).url(), undefined)
  })

  t.test('when a second signal ends it at once', async (t) => {
    const { server, folder } = await startEmbedded(t)
    server.kill('SIGTERM')
    await until(() => server.output().out.includes('"msg":"stopping"'), 5000)
    server.kill('SIGTERM')
    await server.exit()
    await isGone(folder)
  })

  t.test('when the deadline ends it', async (t) => {
    const { server, port, folder, token } = await startEmbedded(t)
    const url = await (await openCluster(folder)).url()
    await lockTable(t, { url: url ?? '' }, 'chat_session')
    const observer = new Client(url)
    observer.on('error', () => undefined)
    await observer.connect()
    const client = createRequest(port, token)
    await until(() => countLocks(async (sql) => (await observer.query(sql)).rows, 1), 5000, 'it waits in the database')
    await observer.end()
    server.kill('SIGTERM')
    t.equal((await server.exit()).code, 1)
    await client.done
    await isGone(folder)
  })

  t.test('when a signal comes while it starts', async (t) => {
    const folder = await createTempFolder(t)
    const server = startEmbeddedServer(t, folder)
    const cluster = await openCluster(folder)
    await until(async () => (await cluster.url()) !== undefined, 30_000, 'its PostgreSQL runs')
    server.kill('SIGTERM')
    t.same(await server.exit(), ended)
    await isGone(folder)
  })
})

async function isGone(folder: string): Promise<void> {
  const cluster = await openCluster(folder)
  await until(async () => (await cluster.url()) === undefined, 5000, 'its PostgreSQL has ended')
}

async function start(t: Test) {
  const database = await createDatabase(t)
  const store = await addStore(database)
  const server = startServer(t, { DATABASE_URL: database.url, ...patientStatements, ...withoutCoverage })
  return { server, store, database, port: await readPort(server) }
}

async function startEmbedded(t: Test) {
  const folder = await createMigratedFolder(t)
  const server = startEmbeddedServer(t, folder, patientStatements)
  const port = await readPort(server)
  const token = await until(() => /Token (\S+)'/.exec(server.output().out)?.[1], 5000, 'a token')
  return { server, folder, port, token }
}

const readPort = async (server: ServerProcess) => Number(new URL((await server.ready()).origin).port)

async function dial(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** The number of sockets that listen on a port, as Linux tells it. */
async function countListeners(port: number): Promise<number> {
  const sockets = await readFile('/proc/net/tcp', 'utf8')
  const listening = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`
  return sockets.split(listening).length - 1
}

/** A request on a new connection; `done` resolves with the whole answer. */
function createRequest(port: number, token: string) {
  const socket = connect(port, '127.0.0.1')
  const done = text(socket).catch(() => '')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: chat\r\nAuthorization: Token ${token}\r\nConnection: close\r\n\r\n`)
  return { done }
}

async function countLocks(query: (sql: string) => Promise<unknown[]>, count: number): Promise<boolean> {
  const rows = await query(
    `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
  )
  return rows.length >= count
}

async function lockTable(t: Test, { url }: Pick<TestDatabase, 'url'>, table: string): Promise<() => Promise<void>> {
  const client = new Client(url)
  client.on('error', () => undefined)
  await client.connect()
  t.teardown(() => client.end())
  await client.query(`begin; lock table ${table} in access exclusive mode`)
  return async () => {
    await client.query('rollback')
  }
}
