import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startFaultRun } from '../support/faults/fault-run.js'
import { startOwnPostgres } from '../support/databases/own-postgres.js'
import { createRedisEnvironment } from '../support/nodes/redis-environment.js'
import { readServices } from '../../harness/services.js'
import { addMessages } from '../support/chat/sessions.js'
import { until } from '../../harness/until.js'

const environment = () => createRedisEnvironment(readServices().redisUrl)

t.test('PostgreSQL is stopped as by a crash under load, and started again', async (t) => {
  const database = await startOwnPostgres(t)
  const run = await startFaultRun(t, { database, environment: environment() })
  for (let round = 0; round < 4; round++) {
    await delay(1500)
    await database.stop('immediate')
    run.injected()
    await delay(run.random() * 1500)
    await database.start()
  }
  await delay(1000)
  await run.finish('PostgreSQL immediate stop and start')
})

t.test('all backends are terminated, again and again', async (t) => {
  const run = await startFaultRun(t, { environment: environment() })
  for (let round = 0; round < 22; round++) {
    await delay(300 + run.random() * 500)
    const rows = await run.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'store-chat' and datname = current_database()`,
    )
    run.injected(rows.length)
  }
  await run.finish('all backends terminated')
})

t.test('a commit without a publish, and then silence', async (t) => {
  const run = await startFaultRun(t, { nodes: 2, environment: environment() })
  await delay(1500)
  await Promise.all(run.writers.map((writer) => writer.stop()))
  for (let round = 0; round < 15; round++) {
    const [{ sessionId }, place] = [run.conversations[round % 4] ?? { sessionId: 0 }, round % 4]
    const [id] = await addMessages(run.database, sessionId, [{ content: `silent ${round}` }])
    run.injected()
    const readers = run.readers.slice(place * 4, place * 4 + 4)
    const hasCome = () => readers.every((reader) => reader.messagesOf(sessionId).has(id ?? 0))
    t.ok(await until(hasCome, 2000, 'the sweep repairs it').catch(() => false), 'within two seconds')
  }
  await run.finish('commit without publish, then silence')
})
