import { Client } from 'pg'
import t, { type Test } from 'tap'
import { until } from '../../harness/until.js'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { openConversation } from '../support/chat/conversations.js'
import { find } from '../support/chat/search.js'
import { addMessages } from '../support/chat/sessions.js'
import { createDatabase, type TestDatabase } from '../support/databases/database.js'
import { startNode, type TestNode } from '../support/nodes/node.js'

const DEADLINE_MS = 10_000

/** A transaction that holds something back until it is rolled back. */
async function openBlocker(t: Test, { url }: TestDatabase): Promise<Client> {
  const client = new Client(url)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('begin')
  return client
}

/** Waits until a statement of a node waits for the blocker. */
const waits = ({ query }: TestDatabase, statement: string) =>
  until(
    async () =>
      (
        await query(
          `select from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock' and query ilike '%' || $1 || '%'`,
          [statement],
        )
      ).length > 0,
    DEADLINE_MS,
    `${statement} is blocked`,
  )

/** Shuts a node down, and fails if that takes as long as what is held back. */
async function shutDown({ app }: TestNode): Promise<void> {
  let isClosed = false
  const closed = app.close().then(() => (isClosed = true))
  await until(() => isClosed, DEADLINE_MS, 'the node is shut down')
  await closed
}

t.test('a node that is shut down while it builds the index does not wait for it, and another one builds', async (t) => {
  const database = await createDatabase(t)
  const index = `select from pg_class where relname = 'chat_message_search_parts_simple'`
  await database.query('drop index chat_message_search_parts_simple')
  const blocker = await openBlocker(t, database)
  await blocker.query('lock table chat_message_search in row exclusive mode')
  const first = createChatClient(await startNode(t, { database }))
  const { sessionId } = await openConversation(first)
  await addMessages(database, sessionId, [{ content: 'said during the build' }])
  await waits(database, 'create index')
  await shutDown(first.node)
  t.same(await database.query(index), [])
  // PostgreSQL looks every second whether the client of the build is still there.
  await until(
    async () =>
      (
        await database.query(
          `select from pg_stat_activity where query ilike '%create index%' and pid <> pg_backend_pid() and datname = current_database()`,
        )
      ).length === 0,
    DEADLINE_MS,
    'the build ends with its node',
  )
  await blocker.query('rollback')
  const second = createChatClient(await startNode(t, { database }))
  const supervisor = await addAdmin(database, { role: 'supervisor' })
  await until(async () => (await database.query(index)).length === 1, DEADLINE_MS)
  await until(async () => (await find(second, supervisor, 'during')).length === 1, DEADLINE_MS)
})

t.test('a node that is shut down while it fills the search leaves nothing out: another one goes on', async (t) => {
  const database = await createDatabase(t)
  const first = createChatClient(await startNode(t, { database, config: { databaseStatementTimeoutMs: 3000 } }))
  const { sessionId } = await openConversation(first)
  const blocker = await openBlocker(t, database)
  // A row of the search with the id that the second of three messages will have.
  await blocker.query(
    `insert into chat_message_search (message_id, session_id, content, created)
     select coalesce(max(id), 0) + 2, $1, 'in the way', now() from chat_message`,
    [sessionId],
  )
  const [, second] = await addMessages(
    database,
    sessionId,
    ['one', 'two', 'three'].map((word) => ({ content: `filled ${word}` })),
  )
  const [blocking] = (
    await blocker.query<{ id: string }>(`select message_id as id from chat_message_search where content = 'in the way'`)
  ).rows
  t.equal(Number(blocking?.id), second, 'the fill meets it')
  await waits(database, 'with oldest')
  await shutDown(first.node)
  t.same(await database.query('select from chat_message_search'), [], 'half a turn is none')
  await blocker.query('rollback')
  const other = createChatClient(await startNode(t, { database }))
  const supervisor = await addAdmin(database, { role: 'supervisor' })
  await until(async () => (await find(other, supervisor, 'filled')).length === 3, DEADLINE_MS)
})
