import t from 'tap'
import {
  beginCursor,
  overlapOf,
  sweepMovedSessions,
  type EventIds,
  type SweepRange,
} from '../../src/event-log/moved-sessions.js'
import { createSweeper } from '../../src/event-log/sweeper.js'
import { Prisma } from '../../src/generated/prisma/client.js'
import { until } from '../../harness/until.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { openConversation } from '../support/chat/conversations.js'
import { addMessages } from '../support/chat/sessions.js'
import { startNode } from '../support/nodes/node.js'

const STATEMENT_MS = 5000
const DEADLINE_MS = 20_000
const noIds: EventIds = { messageId: 0, changeId: 0, unreadId: 0 }
// There is no webhook, so that nobody else moves the cursor.
const node = await startNode(t)
const { database } = node
const { db } = node.app
const chat = createChatClient(node)

const begin = () => db.prisma.$executeRaw(Prisma.sql`with ${beginCursor('webhooks', Prisma.sql`true`)} select 1`)
/** Lets the time pass that the cursor has to wait. */
const age = () => database.query(`update event_cursor set next_at = next_at - interval '1 hour'`)
const addMessage = async (sessionId: number) => (await addMessages(database, sessionId, [{ content: 'x' }]))[0] ?? 0

async function sweep(range: Partial<SweepRange> = {}): Promise<number[]> {
  const whole = { overlapMs: overlapOf(STATEMENT_MS), mostEvents: 1000, floor: noIds, ...range }
  const rows = await db.prisma.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    with ${sweepMovedSessions('webhooks', whole)} select session_id as id from moved order by 1`)
  return rows.map(({ id }) => Number(id))
}

t.test('what lies below the floor is read by the sweep that moves the cursor', async (t) => {
  const [early, late] = [(await openConversation(chat)).sessionId, (await openConversation(chat)).sessionId]
  await begin()
  // Its transaction has got its id, and takes long.
  const lateId = await addMessage(late)
  const [row] = await database.query<{ row: string }>(
    'with gone as (delete from chat_message where id = $1 returning *) select row_to_json(gone)::text as row from gone',
    [lateId],
  )
  const messageId = await addMessage(early)
  const floor = { ...noIds, messageId }
  t.same(await sweep(), [early])
  t.same(await sweep({ floor }), [])
  await database.query('insert into chat_message select * from json_populate_record(null::chat_message, $1)', [
    row?.row,
  ])
  t.same(await sweep({ floor }), [])
  await age()
  t.same(await sweep({ floor }), [early, late])
  await age()
  await sweep({ floor })
  t.same(await sweep(), [], 'the cursor has moved behind them')
})

t.test('after the clock of the database was set back, the cursor waits anew, and moves', async (t) => {
  const { sessionId } = await openConversation(chat)
  await begin()
  await database.query(`update event_cursor set next_at = now() + interval '1 hour'`)
  const messageId = await addMessage(sessionId)
  const readCursor = async () => {
    const [row] = await database.query<{ messageId: number; isAhead: boolean }>(
      `select message_id::int as "messageId", next_at > now() as "isAhead" from event_cursor where consumer = 'webhooks'`,
    )
    return row
  }
  const before = await readCursor()
  t.same(await sweep(), [sessionId])
  t.same(await readCursor(), { messageId: before?.messageId, isAhead: false })
  await age()
  t.same(await sweep(), [sessionId])
  await age()
  await sweep()
  t.equal((await readCursor())?.messageId, messageId)
})

t.test('after the clock of the database was set back, rows are still derived', async (t) => {
  const setAhead = `update event_cursor set next_at = now() + interval '1 day' where consumer in ('search', 'reports')`
  await until(
    async () => (await database.query(`${setAhead} returning consumer`)).length === 2,
    DEADLINE_MS,
    'both began',
  )
  const countAhead = async () =>
    (await database.query(`select from event_cursor where next_at > now() + interval '1 hour'`)).length
  await until(async () => (await countAhead()) === 0, DEADLINE_MS, 'both have had another turn')
  t.equal(await countAhead(), 0)
})

t.test('a sweep moves the cursor no further than it has read', async (t) => {
  const { sessionId } = await openConversation(chat)
  await begin()
  const ids: number[] = []
  for (let count = 0; count < 5; count++) ids.push(await addMessage(sessionId))
  await age()
  await sweep()
  // The database has become slow, so that sweeps read less.
  await age()
  await sweep({ mostEvents: 2 })
  const [cursor] = await database.query<{ id: number }>(
    `select message_id::int as id from event_cursor where consumer = 'webhooks'`,
  )
  t.equal(cursor?.id, ids[1])
})

t.test('the floor is what was the newest before a sweep that another has followed three seconds later', async (t) => {
  const { sessionId } = await openConversation(chat)
  let at = 0
  const run = createSweeper(db, { longestStatementMs: STATEMENT_MS, onSlowSweep: () => undefined, now: () => at })
  const floors: number[] = []
  const look = (now: number, fails = false) => {
    at = now
    return run(async ({ floor }) => {
      floors.push(floor.messageId)
      if (fails) throw new Error('The database is away')
    })
  }
  const one = await addMessage(sessionId)
  await look(0)
  const two = await addMessage(sessionId)
  await t.rejects(look(1000, true))
  const three = await addMessage(sessionId)
  await look(2000)
  await look(2999)
  await look(3000)
  await look(4500)
  await look(5000)
  await look(6000)
  t.same(floors, [0, 0, 0, 0, 0, one, one, three])
  t.notOk(floors.includes(two), 'nobody has read what came before the sweep that failed')

  await database.query('delete from chat_message where id > $1', [two])
  await look(9000)
  t.equal(floors.at(-1), 0, 'the database was set back, and gives the ids again')
})
