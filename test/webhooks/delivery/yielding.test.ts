import t, { type Test } from 'tap'
import { openDatabase } from '../../../src/database/database.js'
import { findEpochExpressions } from '../../../src/database/epoch.js'
import { claimSessions } from '../../../src/webhooks/delivery/claim-sessions.js'
import { startDispatcher } from '../../../src/webhooks/delivery/dispatcher.js'
import type { Pacer } from '../../../src/webhooks/delivery/pacer.js'
import { createProgressSaver } from '../../../src/webhooks/delivery/save-progress.js'
import { until } from '../../../harness/until.js'
import { createDatabase, type TestDatabase } from '../../support/databases/database.js'
import { captureStatements, type Statement } from '../../support/databases/statements.js'

const DEADLINE_MS = 20_000

/** A database with two webhooks and ten sessions that are due for each, and no node. */
async function createDueSessions(t: Test): Promise<TestDatabase> {
  const database = await createDatabase(t)
  await database.query(
    `insert into webhook (url, secret, from_message_id, from_change_id, from_unread_id)
     select 'http://127.0.0.1:1/', '', 0, 0, 0 from generate_series(1, 2)`,
  )
  await database.query(
    `insert into webhook_session (webhook_id, session_id, seq, unread_id, due_at)
     select w.id, place, 0, 0, now() from webhook w, generate_series(1, 10) place`,
  )
  return database
}

/** A dispatcher of a node that may deliver six events, whose receiver does not answer before the node shuts down. */
async function startYielding(t: Test, database: TestDatabase) {
  const { db, close } = openTestDatabase(database)
  t.teardown(close)
  let allowance = 6
  const pacer: Pacer = {
    allowance: () => allowance,
    pauseMs: () => 50,
    begin: (deliveries) => (allowance -= deliveries),
    end: (begun, made) => (allowance += begun - made),
    isYielding: () => true,
  }
  const epoch = await findEpochExpressions(db)
  const counts = { givenUp: 0, delayed: 0 }
  let sent = 0
  const dispatcher = startDispatcher({
    ...{ db, epoch, pacer, counts, longestStatementMs: 10_000, timeoutMs: 15_000, retryDelaysMs: [1000] },
    saveProgress: createProgressSaver(db, epoch),
    readEvents: async ({ sessionId }) => ({
      events: [{ id: `evt_${sessionId}`, type: 'message.created', sessionId, seq: 1, unreadId: null, body: '' }],
      upTo: 1,
    }),
    async attempt(_receiver, _event, signal) {
      sent++
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { isDelivered: false, answer: undefined, error: undefined, durationMs: 1 }
    },
    onError: (error) => t.fail('no error', { error }),
    onSlowSweep: () => undefined,
  })
  return { dispatcher, counts, sent: () => sent }
}

const openTestDatabase = ({ url }: TestDatabase) =>
  openDatabase({
    ...{ databaseUrl: url, databasePoolSize: 4 },
    ...{ databaseAcquireTimeoutMs: 10_000, databaseStatementTimeoutMs: 10_000 },
  })

/** Waits until a dispatcher has looked for webhooks twice more. */
async function awaitLooks(statements: Statement[]): Promise<void> {
  const count = () => statements.filter(({ text }) => /"deleted_at" FROM \S*"webhook"/i.test(text)).length
  const before = count()
  await until(() => count() >= before + 2, DEADLINE_MS, 'the dispatcher looks for webhooks')
}

t.test('a node claims no more than it may deliver, and gives that back at the end', async (t) => {
  const database = await createDueSessions(t)
  const statements = captureStatements(t)
  const { dispatcher, counts, sent } = await startYielding(t, database)
  const countClaimed = async () => {
    const [row] = await database.query<{ count: number }>(
      'select count(*)::int as count from webhook_session where lease is not null',
    )
    return row?.count
  }
  await until(() => sent() === 6, DEADLINE_MS, 'six deliveries are under way')
  await awaitLooks(statements)
  t.equal(await countClaimed(), 6)
  t.equal(sent(), 6)
  t.equal(counts.delayed, 6)
  await dispatcher.close()
  t.equal(await countClaimed(), 0)
})

t.test('of each webhook in turn the session is claimed that has been due for longest', async (t) => {
  const database = await createDueSessions(t)
  const { db, close } = openTestDatabase(database)
  t.teardown(close)
  const [first, second] = (await database.query<{ id: number }>('select id::int from webhook order by id')).map(
    ({ id }) => id,
  )
  // Each session has thirty events, more than are sent on one lease.
  await database.query(`insert into store (id, name) select id, 'Store' from generate_series(1, 10) id`)
  await database.query('insert into chat_session (id, store_id, seq) select id, id, 30 from generate_series(1, 10) id')
  const makeDue = (webhookId: number | undefined, sessionId: number, agoSeconds: number, attempts = 0) =>
    database.query(
      `update webhook_session set due_at = now() - $3 * interval '1 second', attempts = $4
       where webhook_id = $1 and session_id = $2`,
      [webhookId, sessionId, agoSeconds, attempts],
    )
  await makeDue(second, 7, 400)
  await makeDue(first, 3, 300, 2)
  await makeDue(second, 8, 200)
  await makeDue(second, 9, 390)
  const epoch = await findEpochExpressions(db)
  const room = new Map([first, second].map((id) => [id ?? 0, 8]))
  const claimed = await claimSessions(db, epoch, { room, deliveries: 21 })
  t.same(claimed.map(({ sessionId, deliveries }) => [sessionId, deliveries]).toSorted(), [
    [3, 1],
    [7, 20],
  ])
  const waitedMs = Math.max(...claimed.map((each) => each.waitedMs))
  t.ok(waitedMs >= 400_000 && waitedMs < 460_000, `${waitedMs} ms`)
  const next = await claimSessions(db, epoch, { room, deliveries: 21 })
  t.equal(next.filter(({ receiver }) => receiver.id === second).length, 1, 'a backlog of one delays no other')
  t.equal((await claimSessions(db, epoch, { room, deliveries: Infinity })).length, 16, 'eight of each webhook')
})

t.test('a webhook that is deleted costs no message anything', async (t) => {
  const database = await createDueSessions(t)
  await database.query('update webhook set deleted_at = now()')
  const statements = captureStatements(t)
  const { dispatcher } = await startYielding(t, database)
  await awaitLooks(statements)
  dispatcher.note({ sessionId: 1, seq: 2 })
  await awaitLooks(statements)
  await dispatcher.close()
  const ours = statements.filter(({ text }) => /webhook_session|event_cursor/.test(text))
  t.same(
    ours.map(({ text }) => text),
    [],
  )
})
