import t, { type Test } from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { countConnections } from '../support/databases/connection-count.js'
import { createDatabase, type TestDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'
import { startOwnPostgres } from '../support/databases/own-postgres.js'
import { enter } from '../support/clients/socket-client.js'
import { until } from '../../harness/until.js'

const path = '/v1/chat/store/session/'
const setReadOnly = async ({ query }: TestDatabase, value: 'on' | 'off') => {
  await query(`alter system set default_transaction_read_only = ${value}`)
  await query('select pg_reload_conf()')
}

t.test('a server that turns read-only: 503 and unavailable, not ready, and all by itself well again', async (t) => {
  const database = await startOwnPostgres(t)
  const [store, newStore] = [await addStore(database), await addStore(database)]
  const node = await startNode(t, { database, config: { logLevel: 'fatal' } })
  t.equal((await node.get(path, store)).status, 200)
  const socket = await enter(t, node, 'store', store)

  await setReadOnly(database, 'on')
  await until(async () => (await node.get('/health/ready/')).status === 503, 5000, 'not ready')
  t.equal((await node.get('/health/live/')).status, 200)
  const refusals = [
    await node.get('/health/ready/'),
    await node.get(path, newStore),
    await node.post('/v1/chat/store/message/', { ...store, body: { content: 'hello' } }),
    await node.post('/v1/chat/store/close/', store),
  ]
  for (const { status, headers } of refusals) {
    t.equal(status, 503)
    t.ok(headers['retry-after'])
  }
  t.equal((await node.get(path, store)).status, 200, 'what is there can be read')
  socket.send('message', { content: 'hello', client_message_id: 'one' })
  t.match(await socket.next('error'), { code: 'unavailable', client_message_id: 'one' })

  await setReadOnly(database, 'off')
  await until(async () => (await node.get('/health/ready/')).status === 200, 5000, 'ready again')
  socket.send('message', { content: 'hello', client_message_id: 'one' })
  t.match(await socket.next('message'), { message: { client_message_id: 'one' } }, 'the socket has stayed open')
  t.equal((await node.get(path, newStore)).status, 200)
})

t.test('connections to a read-only server are replaced: a failover behind the address is reached', async (t) => {
  const database = await createDatabase(t)
  const name = new URL(database.url).pathname.slice(1)
  const newStore = await addStore(database)
  const node = await startNode(t, { database, config: { logLevel: 'fatal' } })
  // Applies to connections that are opened from now on.
  await database.query(`alter database ${name} set default_transaction_read_only = on`)
  await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'store-chat'`,
  )
  await until(async () => (await node.get('/health/ready/')).body.message === 'The database is read-only', 5000)
  await refuseOften(t, () => node.get(path, newStore))

  await database.query(`set default_transaction_read_only = off`)
  await database.query(`alter database ${name} reset default_transaction_read_only`)
  // As many at once as the pool has connections, so that each is used.
  const lock = () =>
    node.app.db.prisma.$queryRaw`select id, pg_sleep(0.02)::text from store where id = ${newStore.id} for update`
  const lockOnAll = () => Promise.all(Array.from({ length: 10 }, lock))
  await until(async () => (await lockOnAll()).length, 10_000, 'every connection writes')
  t.equal((await node.get(path, newStore)).status, 200)
  t.equal((await node.get('/health/ready/')).status, 200)
})

/** Each of the pool's ten connections may be replaced once a second, however many statements are refused. */
async function refuseOften(t: Test, ask: () => Promise<{ status: number }>): Promise<void> {
  const opened = countConnections(t)
  const startedAt = performance.now()
  for (let count = 0; count < 200; count++) t.equal((await ask()).status, 503)
  const seconds = Math.ceil((performance.now() - startedAt) / 1000)
  t.ok(opened() <= 10 * (seconds + 1), `${opened()} connections in ${seconds} s`)
}
