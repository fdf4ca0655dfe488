import t from 'tap'
import { openDatabase } from '../../src/database/database.js'
import type { AppendOutcome, MessageDraft } from '../../src/messages/append-messages.js'
import { createGroupCommit } from '../../src/messages/group-commit.js'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { findDisorder } from '../support/chat/session-events.js'
import { lockSession } from '../support/chat/session-lock.js'
import { captureStatements, findTableScans } from '../support/databases/statements.js'
import { within } from '../../harness/until.js'

const database = await createDatabase(t)
const options = { databasePoolSize: 5, databaseAcquireTimeoutMs: 5000, databaseStatementTimeoutMs: 5000 }
const { db, close } = openDatabase({ databaseUrl: database.url, ...options })
t.teardown(close)
const appendMessages = createGroupCommit(db)
const DEADLINE_MS = 10_000

async function appendMessage(draft: MessageDraft, append = appendMessages): Promise<AppendOutcome> {
  const [outcome] = await append([draft])
  if (outcome === undefined) throw new Error('no outcome')
  if (outcome instanceof Error) throw outcome
  return outcome
}

async function openSession(within = database): Promise<{ storeId: number; sessionId: number }> {
  const { id: storeId } = await addStore(within)
  const [row] = await within.query<{ id: string }>(
    `with s as (insert into chat_session (store_id) values ($1) returning id)
     insert into chat_session_change (session_id, seq, kind, session) select id, 1, 'create', '{}' from s returning session_id as id`,
    [storeId],
  )
  return { storeId, sessionId: Number(row?.id) }
}

const draftOf = (storeId: number, content: string, key: string | null = null): MessageDraft => ({
  ...{ sender_type: 'store', sender_id: storeId, session_id: null, content },
  ...{ attachment_url: '', attachment_type: '', client_message_id: key },
})

const keysOf = (count: number) => Array.from({ length: count }, (_, place) => `key ${place}`)

const outcomesOf = (results: PromiseSettledResult<AppendOutcome>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? result.value.outcome : 'failed'))

t.test('sends at once share few statements, and each session keeps its order', async (t) => {
  const sessions = [await openSession(), await openSession(), await openSession()]
  const captured = captureStatements(t)
  const sends = Array.from({ length: 120 }, (_, place) =>
    appendMessage(draftOf(sessions[place % 3]?.storeId ?? 0, `${place}`)),
  )
  t.same(new Set(outcomesOf(await Promise.allSettled(sends))), new Set(['stored']))
  t.ok(captured.length > 0 && captured.length < 10, `${captured.length} statements`)
  for (const { sessionId } of sessions) {
    t.same(await findDisorder(database, sessionId), [])
    const rows = await database.query<{ content: string }>(
      'select content from chat_message where session_id = $1 order by seq',
      [sessionId],
    )
    const contents = rows.map(({ content }) => Number(content))
    t.equal(contents.length, 40)
    t.same(
      contents,
      [...contents].sort((a, b) => a - b),
      'in the order in which they were asked for',
    )
  }
})

t.test('one that cannot be stored fails alone', async (t) => {
  const sessions = [await openSession(), await openSession()]
  const drafts = Array.from({ length: 20 }, (_, place) =>
    draftOf(sessions[place % 2]?.storeId ?? 0, place === 7 ? 'NUL: \0' : 'fine'),
  )
  const outcomes = outcomesOf(await Promise.allSettled(drafts.map((draft) => appendMessage(draft))))
  t.same(outcomes.splice(7, 1), ['failed'])
  t.same(new Set(outcomes), new Set(['stored']))
  for (const { sessionId } of sessions) t.same(await findDisorder(database, sessionId), [])
})

t.test('what cannot be stored is found in few statements', async (t) => {
  const { storeId } = await openSession()
  const others = await Promise.all(Array.from({ length: 40 }, () => openSession()))
  const drafts = [draftOf(storeId, 'NUL: \0'), ...others.map((other) => draftOf(other.storeId, 'fine'))]
  const captured = captureStatements(t)
  const outcomes = outcomesOf(await Promise.allSettled(drafts.map((draft) => appendMessage(draft))))
  t.same(outcomes, ['failed', ...others.map(() => 'stored')])
  t.ok(captured.length < 20, `${captured.length} statements`)
})

t.test("a session that is locked holds up nobody else's messages, and loses none of its own", async (t) => {
  const [locked, other] = [await openSession(), await openSession()]
  const lock = await lockSession(database, locked.sessionId)
  const waiting = await lock.enqueue(() =>
    Promise.all(
      [draftOf(locked.storeId, '0'), draftOf(locked.storeId, '1', 'id')].map((draft) => appendMessage(draft)),
    ),
  )
  const late = appendMessage(draftOf(locked.storeId, '2'))
  for (const content of ['a', 'b', 'c']) {
    const sending = appendMessage(draftOf(other.storeId, content))
    t.equal((await within(DEADLINE_MS, sending, 'another session')).outcome, 'stored')
  }
  await lock.release()
  const outcomes = [...(await waiting.answer), await late]
  t.same(
    outcomes.map(({ outcome }) => outcome),
    ['stored', 'stored', 'stored'],
  )
  const rows = await database.query<{ content: string }>(
    'select content from chat_message where session_id = $1 order by seq',
    [locked.sessionId],
  )
  t.equal(rows.map(({ content }) => content).join(), '0,1,2', 'in the order in which they were asked for')
  t.same(await findDisorder(database, locked.sessionId), [])
})

t.test('what two nodes are given at the same moment is stored once, at no cost for the others', async (t) => {
  const { storeId, sessionId } = await openSession()
  const others = await Promise.all(Array.from({ length: 40 }, () => openSession()))
  const nodes = [appendMessages, createGroupCommit(db)]
  const captured = captureStatements(t)
  for (const key of keysOf(10)) {
    const lock = await lockSession(database, sessionId)
    const drafts = [draftOf(storeId, 'once', key), ...others.map((other) => draftOf(other.storeId, 'mine'))]
    const before = captured.length
    const sends = nodes.map((append) =>
      lock.enqueue(() => Promise.all(drafts.map((draft) => appendMessage(draft, append)))),
    )
    const waiting = await Promise.all(sends)
    await lock.release()
    const outcomes = await Promise.all(waiting.map(({ answer }) => answer))
    t.same(outcomes.map(([repeat]) => repeat?.outcome).sort(), ['known', 'stored'])
    t.same(new Set(outcomes.flatMap(([, ...theirs]) => theirs.map(({ outcome }) => outcome))), new Set(['stored']))
    t.ok(captured.length - before < 20, `${captured.length - before} statements for 82 drafts`)
  }
  t.same(await findDisorder(database, sessionId), [])
  for (const other of others) t.same(await findDisorder(database, other.sessionId), [])
})

t.test('repeats that come together are stored once, and a stranger among them is refused', async (t) => {
  const { storeId, sessionId } = await openSession()
  const drafts = [
    ...Array.from({ length: 5 }, () => draftOf(storeId, 'once', 'id')),
    draftOf(storeId, 'another', 'id'),
    draftOf(storeId + 1_000_000, 'no such store'),
  ]
  const results = await Promise.allSettled(drafts.map((draft) => appendMessage(draft)))
  const outcomes = outcomesOf(results)
  t.same(outcomes, ['stored', 'known', 'known', 'known', 'known', 'known', 'refused'])
  const ids = results.map((result) => {
    if (result.status === 'rejected') return undefined
    if (result.value.outcome === 'known') return result.value.messageId
    return result.value.outcome === 'stored' ? result.value.message.id : undefined
  })
  t.same(new Set(ids.slice(0, 6)), new Set([ids[0]]), 'known as the one that was stored')
  t.same(await findDisorder(database, sessionId), [])
})

t.test('what was sent before is looked up by itself, also while few messages are stored', async (t) => {
  const { storeId, sessionId } = await openSession()
  await database.query(
    `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type,
       client_message_id, created)
     select $1, place + 1, 'store', $2, repeat('a', 90), '', '', 'key ' || place, now() from generate_series(1, 5000) place`,
    [sessionId, storeId],
  )
  await database.query('update chat_session set seq = 5001 where id = $1', [sessionId])
  await database.query('analyze')
  const captured = captureStatements(t)
  await appendMessage(draftOf(storeId, 'again', 'a key'))
  const [statement] = captured
  if (statement === undefined) throw new Error('Nothing was sent to PostgreSQL')
  t.notOk((await findTableScans(database, statement)).includes('chat_message'))
})

t.test('plans that are made while there are few messages do not read them all', async (t) => {
  const database = await createDatabase(t)
  const { db, close } = openDatabase({ databaseUrl: database.url, ...options, databasePoolSize: 1 })
  t.teardown(close)
  const appendMessages = createGroupCommit(db)
  const { storeId, sessionId } = await openSession(database)
  await appendMessages([draftOf(storeId, 'a')])
  await database.query('analyze')
  const scanCount = async () => {
    await db.prisma.$queryRaw`select pg_stat_force_next_flush()::text`
    const [row] = await database.query<{ count: string }>(
      `select sum(seq_scan) as count from pg_stat_user_tables where relname in ('chat_message', 'chat_session')`,
    )
    return Number(row?.count)
  }
  const before = await scanCount()
  for (let place = 0; place < 20; place++) await appendMessages([draftOf(storeId, 'a', place % 2 ? `${place}` : null)])
  t.equal((await scanCount()) - before, 0)
  t.same(await findDisorder(database, sessionId), [])
})
