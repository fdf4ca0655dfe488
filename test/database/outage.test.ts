import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startOwnPostgres } from '../support/databases/own-postgres.js'
import { startServer, withoutCoverage } from '../support/nodes/server-process.js'
import { patience, until } from '../../harness/until.js'

const path = '/v1/chat/store/session/'
/** Between two requests of one client. */
const PAUSE_MS = 10

for (const mode of ['fast', 'immediate'] as const) {
  t.test(`PostgreSQL stops (${mode}) and starts under load: 503 meanwhile, and the same process goes on`, async (t) => {
    const database = await startOwnPostgres(t)
    const stores = await Promise.all(Array.from({ length: 5 }, () => addStore(database)))
    const server = startServer(t, {
      DATABASE_URL: database.url,
      DATABASE_ACQUIRE_TIMEOUT_MS: '500',
      ...withoutCoverage,
    })
    const client = await server.ready()
    const counts = new Map<number, number>()
    const load = new AbortController()
    t.teardown(() => load.abort())
    const clients = [...stores, ...stores].map(async (store) => {
      while (!load.signal.aborted) {
        const { status, headers } = await client.get(path, store)
        counts.set(status, (counts.get(status) ?? 0) + 1)
        if (status === 503 && headers['retry-after'] === undefined) throw new Error('A 503 without Retry-After')
        await delay(PAUSE_MS)
      }
    })
    const seen = (status: number) => counts.get(status) ?? 0
    await until(() => seen(200) > 100, 10_000, 'answers before')
    await database.stop(mode)
    await until(() => seen(503) > 100, 10_000, 'refusals while it is stopped')
    await database.start()
    const startedAt = Date.now()
    await until(async () => (await client.get('/health/ready/')).status === 200, 10_000, 'ready again')
    t.ok(Date.now() - startedAt < 5000 * patience, `ready after ${Date.now() - startedAt} ms`)
    const before = seen(200)
    await until(() => seen(200) > before + 100, 10_000, 'answers again')
    load.abort()
    await Promise.all(clients)
    t.same([...counts.keys()].sort(), [200, 503], 'nothing else')
    t.equal((await database.query('select id from chat_session')).length, stores.length)
    server.kill('SIGTERM')
    t.same(await server.exit(), { code: 0, signal: null }, 'the process is the one that was started')
  })
}
