import t, { type Test } from 'tap'
import { openDatabase } from '../../../src/database/database.js'
import { findEpochExpressions } from '../../../src/database/epoch.js'
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

/** A dispatcher of a node that yields: a delivery waits for its turn until the node shuts down. */
async function startYielding(t: Test, database: TestDatabase) {
  const { db, close } = openDatabase({
    ...{ databaseUrl: database.url, databasePoolSize: 4 },
    ...{ databaseAcquireTimeoutMs: 10_000, databaseStatementTimeoutMs: 10_000 },
  })
  t.teardown(close)
  const turns: (() => void)[] = []
  const pacer: Pacer = {
    pace: () => new Promise((resolve) => turns.push(resolve)),
    isYielding: () => true,
    close: () => turns.forEach((proceed) => proceed()),
  }
  const epoch = await findEpochExpressions(db)
  let sent = 0
  const dispatcher = startDispatcher({
    ...{ db, epoch, pacer, longestStatementMs: 10_000, timeoutMs: 15_000, retryDelaysMs: [1000] },
    counts: { givenUp: 0, delayed: 0 },
    saveProgress: createProgressSaver(db, epoch),
    readEvents: async ({ sessionId }) => ({
      events: [{ id: `evt_${sessionId}`, type: 'message.created', sessionId, seq: 1, unreadId: null, body: '' }],
      upTo: 1,
    }),
    async attempt(_receiver, _event, signal) {
      if (!signal.aborted) sent++
      return { isDelivered: !signal.aborted, answer: undefined, error: undefined, durationMs: 1 }
    },
    onError: (error) => t.fail('no error', { error }),
    onSlowSweep: () => undefined,
  })
  return { dispatcher, waiting: () => turns.length, sent: () => sent }
}

/** Waits until a dispatcher has looked for webhooks twice more. */
async function awaitLooks(statements: Statement[]): Promise<void> {
  const count = () => statements.filter(({ text }) => /"deleted_at" FROM \S*"webhook"/i.test(text)).length
  const before = count()
  await until(() => count() >= before + 2, DEADLINE_MS, 'the dispatcher looks for webhooks')
}

t.test('while deliveries yield, few sessions are claimed, and those that wait are given back at the end', async (t) => {
  const database = await createDueSessions(t)
  const statements = captureStatements(t)
  const { dispatcher, waiting, sent } = await startYielding(t, database)
  const countClaimed = async () => {
    const [row] = await database.query<{ count: number }>(
      'select count(*)::int as count from webhook_session where lease is not null',
    )
    return row?.count
  }
  await until(() => waiting() > 0, DEADLINE_MS, 'deliveries wait for their turns')
  await awaitLooks(statements)
  t.equal(await countClaimed(), 6, 'three of each webhook')
  let isClosed = false
  void dispatcher.close().then(() => (isClosed = true))
  await until(() => isClosed, DEADLINE_MS, 'what waits for its turn holds up no shutdown')
  t.equal(await countClaimed(), 0)
  t.equal(sent(), 0)
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
