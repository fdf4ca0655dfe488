import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Client } from 'pg'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase, type TestDatabase } from '../support/databases/database.js'
import { openRawConnection } from '../support/clients/raw-http.js'
import { startServer } from '../support/nodes/server-process.js'
import { createTempFolder } from '../support/temp-folder.js'
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

t.test('an upload that the end of the process cuts leaves no file behind', async (t) => {
  const database = await createDatabase(t)
  const stores = await Promise.all(Array.from({ length: 8 }, () => addStore(database)))
  const folder = await createTempFolder(t)
  const server = startServer(t, { DATABASE_URL: database.url, FILES_DIR: folder })
  const { origin } = await server.ready()
  const part = '--B\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello'
  for (const { token } of stores) {
    const connection = await openRawConnection(t, { origin })
    connection.write(
      `POST /v1/chat/upload/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${token}\r\n` +
        `Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 100000\r\n\r\n${part}`,
    )
  }
  const listSpooled = () => readdir(join(folder, 'uploading')).catch(() => [])
  await until(async () => (await listSpooled()).length === stores.length, 10_000, 'the uploads have begun')
  server.kill('SIGTERM')
  t.same(await server.exit(), { code: 0, signal: null })
  t.same(await listSpooled(), [])
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
