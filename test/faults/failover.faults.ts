import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startFaultRun } from '../support/faults/fault-run.js'
import { createRedisEnvironment } from '../support/nodes/redis-environment.js'
import { startReplicatedPostgres, startRestorablePostgres } from '../support/databases/replicated-postgres.js'
import { startServer } from '../support/nodes/server-process.js'
import { readServices } from '../../harness/services.js'
import { checkSetBack, type Head, type SetBackDatabase } from '../support/faults/check-set-back.js'
import { enter } from '../support/clients/socket-client.js'
import { until } from '../../harness/until.js'

const environment = () => createRedisEnvironment(readServices().redisUrl)
const FAILOVERS = 4
/** Failovers in a row, with the same nodes. */
const SET_BACKS = 2
const RECOVERY_MS = 5000
const heads: Head[] = ['behind', 'level', 'beyond', 'under load']

t.test('a synchronous standby is promoted under load, back and forth: nothing acknowledged is lost', async (t) => {
  const database = await startReplicatedPostgres(t, { isSynchronous: true })
  const run = await startFaultRun(t, { nodes: 2, database, environment: environment() })
  // A new epoch begins, although it continues where the last one ended.
  run.setBack()
  for (let round = 0; round < FAILOVERS; round++) {
    if (round > 0) await database.rebuildStandby()
    await delay(1000 + run.random() * 500)
    await database.failOver()
    run.injected()
    const before = run.writers.map(({ acknowledged }) => acknowledged.size)
    const goesOn = () => run.writers.every(({ acknowledged }, place) => acknowledged.size > (before[place] ?? 0))
    t.ok(await until(goesOn, RECOVERY_MS, 'all writers go on').catch(() => false), 'all writers go on')
  }
  await run.finish('synchronous standby promoted')
})

async function startLagging(t: Test): Promise<SetBackDatabase> {
  const database = await startReplicatedPostgres(t, { isSynchronous: false })
  return {
    ...database,
    beginLoss: async () => database.cutReplication(),
    loseIt: database.failOver,
    recover: database.rebuildStandby,
  }
}

async function startRestorable(t: Test): Promise<SetBackDatabase> {
  const database = await startRestorablePostgres(t)
  return {
    ...database,
    beginLoss: database.backUp,
    loseIt: (meanwhile) =>
      database.restore(async (direct) => {
        await meanwhile(direct)
        // As docs/operating.md says: a copy of the data folder does not tell that it is another history.
        const [row] = await direct.query<{ name: string }>('select current_database() as name')
        await direct.query(`alter database "${row?.name}" set store_chat.epoch = '${randomUUID()}'`)
      }),
    recover: async () => undefined,
  }
}

for (const [name, start] of [
  ['an asynchronous standby that lags is promoted', startLagging],
  ['a backup is restored', startRestorable],
] as const) {
  for (const head of heads) {
    t.test(`${name}, the heads are ${head}: all converge on what the database holds`, async (t) => {
      const database = await start(t)
      const run = await startFaultRun(t, { nodes: 2, conversations: 2, database, environment: environment() })
      for (let round = 0; round < SET_BACKS; round++) {
        if (round > 0) await database.recover()
        await checkSetBack(t, run, database, head)
      }
      await run.finish(`${name}, ${head}`)
    })
  }
}

const readOnly: [string, (database: Awaited<ReturnType<typeof startReplicatedPostgres>>) => [Act, Act]][] = [
  [
    'the primary comes back read-only',
    (database) =>
      (['on', 'off'] as const).map((value) => async () => {
        await database.primary().query(`alter system set default_transaction_read_only = ${value}`)
        await database.primary().query('select pg_reload_conf()')
      }) as [Act, Act],
  ],
  [
    'the address points at a standby',
    (database) =>
      (['standby', 'primary'] as const).map((role) => async () => {
        database.address.lead(database[role]().port)
        database.address.reset()
      }) as [Act, Act],
  ],
]
type Act = () => Promise<void>

for (const [name, actsOn] of readOnly) {
  t.test(`${name} for a while: 503 and not ready, and the same process goes on`, async (t) => {
    const database = await startReplicatedPostgres(t, { isSynchronous: false })
    const run = await startFaultRun(t, { nodes: 1, conversations: 2, database, environment: environment() })
    const probe = startServer(t, { DATABASE_URL: database.url, ...environment() })
    const node = await probe.ready()
    const store = await addStore(database)
    const path = '/v1/chat/store/message/'
    t.equal((await node.post(path, { ...store, body: { content: 'before' } })).status, 200)
    const socket = await enter(t, node, 'store', store)
    const [begin, end] = actsOn(database)
    await begin()
    run.injected()
    // During the failover only 503 is correct besides success: reads may still work.
    const statuses = new Set<number>()
    let unready: number | undefined
    const write = async () => {
      const { status, headers } = await node.post(path, { ...store, body: { content: 'meanwhile' } })
      statuses.add(status)
      t.ok(status !== 503 || headers['retry-after'] !== undefined, 'a 503 says when to come again')
    }
    const isNoticed = async () => {
      await write()
      unready = (await node.get('/health/ready/')).status
      return unready === 503 && statuses.has(503)
    }
    t.ok(await until(isNoticed, RECOVERY_MS, 'it is noticed').catch(() => false), 'it is noticed')
    socket.send('message', { content: 'meanwhile', client_message_id: 'meanwhile' })
    const refusal = await socket.next('error').catch(() => undefined)
    t.match(refusal, { code: 'unavailable', client_message_id: 'meanwhile' }, 'a socket is told')
    for (let round = 0; round < 10; round++) {
      await write()
      await delay(50)
    }
    t.same(
      [...statuses].filter((status) => status !== 503 && status !== 200),
      [],
      'no other failure',
    )
    t.equal(unready, 503, 'not ready')
    t.equal((await node.get('/health/live/')).status, 200, 'but live')
    await end()
    const isBack = async () =>
      (await node.get('/health/ready/')).status === 200 &&
      (await node.post(path, { ...store, body: { content: 'after' } })).status === 200
    t.ok(await until(isBack, RECOVERY_MS, 'it recovers by itself').catch(() => false), 'it recovers by itself')
    t.equal(socket.socket.readyState, socket.socket.OPEN, 'the socket stayed')
    const heard = await socket.next('message', ({ message }) => message.content === 'after').catch(() => undefined)
    t.ok(heard, 'and hears what is written afterwards')
    await run.finish(name)
  })
}
