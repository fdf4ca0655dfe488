import t from 'tap'
import { isDatabaseAway } from '../../src/database/failures.js'
import { createDatabase } from '../support/database.js'
import { startNode } from '../support/node.js'

t.test('errors that mean the database is away', async (t) => {
  const away = [
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    Object.assign(new Error('raw'), { meta: { driverAdapterError: { cause: { originalCode: '57P01' } } } }),
    Object.assign(new Error('raw'), { meta: { driverAdapterError: { cause: { kind: 'DatabaseNotReachable' } } } }),
    Object.assign(new Error('starting up'), { code: '57P03' }),
    Object.assign(new Error('lost'), { code: '08006' }),
    Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }),
    Object.assign(new Error('no socket file'), { code: 'ENOENT', syscall: 'connect' }),
    new AggregateError([
      Object.assign(new Error('no route'), { code: 'ENETUNREACH', syscall: 'connect' }),
      Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' }),
    ]),
  ]
  for (const error of away) t.equal(isDatabaseAway(error), true, error.message)
})

t.test('errors that do not', async (t) => {
  const faults = [
    new Error('boom'),
    Object.assign(new Error('syntax'), { code: '42601' }),
    Object.assign(new Error('no file'), { code: 'ENOENT', syscall: 'open' }),
    'text',
    null,
    undefined,
  ]
  for (const error of faults) t.equal(isDatabaseAway(error), false, String(error))
})

t.test('a connection that PostgreSQL ends is replaced, and the caller is told 503 at the worst', async (t) => {
  const database = await createDatabase(t)
  const node = await startNode(t, { database })
  for (let round = 0; round < 5; round++) {
    t.equal((await node.get('/health/ready/')).status, 200)
    await database.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'store-chat'`)
    t.ok([200, 503].includes((await node.get('/health/ready/')).status))
  }
})
