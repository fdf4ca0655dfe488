import t from 'tap'
import { addStore } from '../support/accounts.js'
import { createDatabase } from '../support/database.js'
import { startServer } from '../support/server-process.js'
import { until } from '../support/until.js'

t.test('logs are JSON lines that hold no token, and name the request', async (t) => {
  const database = await createDatabase(t)
  const platformToken = 'platform-token-for-tests'
  const server = startServer(t, { DATABASE_URL: database.url, PLATFORM_TOKEN: platformToken, LOG_LEVEL: 'trace' })
  const client = await server.ready()
  const store = await addStore(database)
  const secrets = [store.token, platformToken, 'in-the-query', 'unknown-token', 'hello@example.com', 'Private name']

  await client.get('/v1/chat/store/session/?token=in-the-query', store)
  await client.get('/v1/chat/store/session/', { token: 'unknown-token' })
  await client.get(`/nowhere/?token=${store.token}`)
  await client.get('/v1/chat/%zz/?token=in-the-query', store)
  const body = { name: 'Private name', email: 'hello@example.com' }
  await client.put('/v1/chat/platform/stores/5/', { token: platformToken, body })
  const issued = await client.post('/v1/chat/platform/tokens/', { token: platformToken, body: { store_id: 5 } })
  // A fault of ours: what is logged of it comes from below.
  await database.query('alter table chat_session rename column status to renamed')
  const failed = await client.get('/v1/chat/store/session/', { token: issued.body.token })
  t.strictSame(failed.body, { success: false, message: 'Internal server error' })
  const id = String(failed.headers['x-request-id'])
  await until(() => server.output().out.split(id).length > 2, 5000, 'the failure and the answer are logged')
  server.kill('SIGTERM')
  await server.exit()

  const { out, err } = server.output()
  for (const secret of [...secrets, issued.body.token as string]) t.notOk(`${out}${err}`.includes(secret), secret)
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.ok(lines.length > 8)
  t.match(
    lines.find(({ reqId, msg }) => reqId === id && msg === 'answered'),
    { req: { method: 'GET', path: '/v1/chat/store/session/', store: 5 }, statusCode: 500, ms: Number },
  )
})
