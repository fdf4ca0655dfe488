import t, { type Test } from 'tap'
import { Client } from 'pg'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'
import { within } from '../../harness/until.js'

const path = '/v1/chat/store/session/'

t.test('with its pool exhausted a node answers 503 within the limit, and recovers', async (t) => {
  const database = await createDatabase(t)
  const limits = { databasePoolSize: 2, databaseAcquireTimeoutMs: 1500, databaseStatementTimeoutMs: 60_000 }
  const node = await startNode(t, { database, config: limits })
  const stores = await Promise.all(Array.from({ length: 20 }, () => addStore(database)))
  const release = await lockSessions(t, database.url)
  const one = await addStore(database)
  // Both connections now wait for the lock.
  const holding = Promise.all([1, 2].map(() => node.app.db.prisma.$queryRaw`select count(*) from chat_session`))

  // The first failure of a process is slow, because source maps are loaded for its stack.
  t.equal((await within(10_000, node.get(path, one))).status, 503)

  const answers = await within(10_000, Promise.all(stores.map((store) => node.get(path, store))))
  t.ok(
    answers.every(({ status }) => status === 503),
    '503',
  )
  await release()
  await holding
  t.equal((await node.get(path, one)).status, 200)
})

t.test('a statement that takes too long is a 503', async (t) => {
  const database = await createDatabase(t)
  const node = await startNode(t, { database, config: { databaseStatementTimeoutMs: 300 } })
  const store = await addStore(database)
  const release = await lockSessions(t, database.url)
  t.equal((await within(5000, node.get(path, store))).status, 503)
  await release()
  t.equal((await node.get(path, store)).status, 200)
})

async function lockSessions(t: Test, url: string): Promise<() => Promise<void>> {
  const client = new Client(url)
  client.on('error', () => undefined)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('begin; lock table chat_session in access exclusive mode')
  return async () => {
    await client.query('rollback')
  }
}
