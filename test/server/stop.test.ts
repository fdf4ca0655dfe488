import t, { type Test } from 'tap'
import { Client } from 'pg'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase, type TestDatabase } from '../support/databases/database.js'
import { startServer } from '../support/nodes/server-process.js'
import { until } from '../../harness/until.js'

const path = '/v1/chat/store/session/'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} lets the request under way finish, refuses new ones and ends the process`, async (t) => {
    const database = await createDatabase(t)
    const store = await addStore(database)
    const server = startServer(t, { DATABASE_URL: database.url })
    const client = await server.ready()
    t.equal((await client.get(path, store)).status, 200)
    const release = await lockSessions(t, database)
    const underWay = client.get(path, store)
    await until(() => waitsForLock(database), 5000)

    const stoppedAt = Date.now()
    server.kill(signal)
    await until(() => client.get('/health/ready/').then(isRefusal, isRefused), 5000, 'new requests are refused')
    await release()
    const { status, body } = await underWay
    t.equal(status, 200)
    t.equal(body.store_id, store.id)
    t.same(await server.exit(), { code: 0, signal: null })
    t.ok(Date.now() - stoppedAt < 5000, `after ${Date.now() - stoppedAt} ms`)
    t.match(server.output().out, /"msg":"stopped"/)
  })
}

t.test('a request that does not come to its end is given up', async (t) => {
  const database = await createDatabase(t)
  const store = await addStore(database)
  const server = startServer(t, { DATABASE_URL: database.url, DATABASE_STATEMENT_TIMEOUT_MS: '60000' })
  const client = await server.ready()
  await lockSessions(t, database)
  const underWay = client.get(path, store).catch(() => undefined)
  await until(() => waitsForLock(database), 5000)
  const stoppedAt = Date.now()
  server.kill('SIGTERM')
  t.same(await server.exit(), { code: 1, signal: null })
  t.ok(Date.now() - stoppedAt < 20_000, 'long before its statement would be')
  await underWay
})

t.test('a second signal ends it at once', async (t) => {
  const database = await createDatabase(t)
  const store = await addStore(database)
  const server = startServer(t, { DATABASE_URL: database.url })
  const client = await server.ready()
  await lockSessions(t, database)
  const underWay = client.get(path, store).catch(() => undefined)
  await until(() => waitsForLock(database), 5000)
  server.kill('SIGINT')
  await until(() => server.output().out.includes('"msg":"stopping"'), 5000)
  const again = Date.now()
  server.kill('SIGINT')
  t.same(await server.exit(), { code: 1, signal: null })
  t.ok(Date.now() - again < 5000)
  await underWay
})

const isRefusal = ({ status }: { status: number }) => status === 503
const isRefused = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'

async function waitsForLock({ query }: TestDatabase): Promise<boolean> {
  return (
    (await query(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`))
      .length > 0
  )
}

async function lockSessions(t: Test, { url }: TestDatabase): Promise<() => Promise<void>> {
  const client = new Client(url)
  client.on('error', () => undefined)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('begin; lock table chat_session in access exclusive mode')
  return async () => {
    await client.query('rollback')
  }
}
