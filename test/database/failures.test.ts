import t from 'tap'
import { endsConnection, isDatabaseAway } from '../../src/database/failures.js'
import { createDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'

t.test('errors that mean the database is away', async (t) => {
  const away = [
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    Object.assign(new Error('raw'), { meta: { driverAdapterError: { cause: { originalCode: '57P01' } } } }),
    Object.assign(new Error('raw'), { meta: { driverAdapterError: { cause: { kind: 'DatabaseNotReachable' } } } }),
    Object.assign(new Error('at a commit'), { name: 'DriverAdapterError', cause: { originalCode: '57P01' } }),
    Object.assign(new Error('starting up'), { code: '57P03' }),
    Object.assign(new Error('lost'), { code: '08006' }),
    ...['25006', '25P03', '25P04', '28P01', '3D000', '40001', '40P01', '53100', '53200', '53300', '55P03'].map((code) =>
      Object.assign(new Error(code), { code }),
    ),
    ...['57014', '57P04', '57P05', '58000', '58030', '0A000', '26000', '42P05'].map((code) =>
      Object.assign(new Error(code), { code }),
    ),
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
    ...['42601', '42P01', '42501', '25P02', '23505', '22P02', 'XX001'].map((code) =>
      Object.assign(new Error(code), { code }),
    ),
    Object.assign(new Error('no file'), { code: 'ENOENT', syscall: 'open' }),
    // A client that disconnected while it sent its body.
    Object.assign(new Error('aborted'), { code: 'ECONNRESET', statusCode: 400 }),
    'text',
    null,
    undefined,
  ]
  for (const error of faults) t.equal(isDatabaseAway(error), false, String(error))
})

t.test('a connection is given up for what concerns the connection, not for what concerns a statement', async (t) => {
  const refusal = (code: string) => Object.assign(new Error(code), { code })
  for (const code of ['23505', '22P02', '22012', '40001', '40P01', '42601', '55P03', '57014', '25006'])
    t.equal(endsConnection(refusal(code)), false, code)
  for (const code of ['08006', '57P01', '25P03', '53200', '58030', 'XX000', '0A000', '26000', '42P05'])
    t.equal(endsConnection(refusal(code)), true, code)
  t.equal(endsConnection(new Error('Query read timeout')), true)
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
