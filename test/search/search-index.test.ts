import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { until } from '../../harness/until.js'
import { readConfig } from '../../src/config/config.js'
import { buildIndex } from '../../src/search/search-index.js'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { fillNow, find, search } from '../support/chat/search.js'
import { addMessages } from '../support/chat/sessions.js'
import { createDatabase, type TestDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'

const indexes = `select indexrelid::regclass::text as name from pg_index
  where indrelid in ('chat_message_search'::regclass, 'chat_search_term'::regclass) and not indisprimary order by name`
const namesOf = (own: string, hasParts = true) =>
  [`chat_message_search_${own}`, 'chat_message_search_terms', ...(hasParts ? ['chat_search_term_parts'] : [])]
    .toSorted()
    .map((name) => ({ name }))

t.test('with another language the index is built anew, and the node of the old one says so', async (t) => {
  const old = createChatClient(await startNode(t))
  const { database } = old.node
  const [store, supervisor] = [await addStore(database), await addAdmin(database, { role: 'supervisor' })]
  await old.post('store/message/', store, { content: 'The running parcels' })
  await fillNow(old)
  t.same(await find(old, supervisor, 'parcels'), ['The running parcels'])

  const next = createChatClient(await startNode(t, { database, config: { searchLanguage: 'english' } }))
  t.same(await find(next, supervisor, '"run" "parcel"'), ['The running parcels'], 'stems')
  t.match((await search(next, supervisor, '"the"')).status, 400, 'a stop word alone')
  t.same(await find(next, supervisor, 'the'), ['The running parcels'], 'as a part of the text')
  t.same(await database.query(indexes), namesOf('parts_english'))
  await until(async () => {
    const { status, body } = await old.get('admin/search/', supervisor, { q: 'parcels' })
    return status === 503 && body.message === 'The search is being prepared'
  }, 10_000)
})

const copyMessage = `insert into chat_message_search (message_id, session_id, content, created)
  select id, session_id, content, created from chat_message where id = $1`

/** The database for a role that may do what the service needs, and no more. */
async function asRole(t: Test, database: TestDatabase, ownsTable: boolean): Promise<TestDatabase> {
  const role = `role_${randomBytes(6).toString('hex')}`
  await database.query(`create role ${role} login password 'secret'`)
  t.teardown(() =>
    database.query(`reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`),
  )
  await database.query(`grant usage, create on schema public to ${role}`)
  await database.query(`grant all on all tables in schema public to ${role}`)
  await database.query(`grant all on all sequences in schema public to ${role}`)
  if (ownsTable) await database.query(`alter table chat_message_search owner to ${role}`)
  const url = new URL(database.url)
  url.username = role
  url.password = 'secret'
  return { ...database, url: url.href }
}

t.test('where the role may not create pg_trgm, whole words are found', async (t) => {
  const database = await createDatabase(t)
  await database.query('drop extension pg_trgm cascade')
  const chat = createChatClient(await startNode(t, { database: await asRole(t, database, true) }))
  const [store, supervisor] = [await addStore(database), await addAdmin(database, { role: 'supervisor' })]
  await chat.post('store/message/', store, { content: 'lost parcels' })
  await fillNow(chat)
  t.same(await find(chat, supervisor, 'lost'), ['lost parcels'])
  t.same(await find(chat, supervisor, 'parcel'), [])
  t.equal((await search(chat, supervisor, '!!!')).status, 400)
  t.same(await database.query(indexes), namesOf('words_simple', false))
})

t.test('where the role may not create indexes either, searches are refused, and everything else works', async (t) => {
  const database = await createDatabase(t)
  await database.query('drop index chat_message_search_parts_simple')
  const chat = createChatClient(await startNode(t, { database: await asRole(t, database, false) }))
  const [store, admin] = [await addStore(database), await addAdmin(database)]
  t.equal((await chat.post('store/message/', store, { content: 'hello' })).status, 200)
  t.match(await chat.get('admin/search/', admin, { q: 'hello' }), {
    status: 503,
    body: { message: 'The search is being prepared' },
  })
})

t.test('with the index of an earlier version searches go on until the terms of all messages are known', async (t) => {
  const database = await createDatabase(t)
  await database.query('drop index chat_message_search_terms, chat_search_term_parts')
  const [store, supervisor] = [await addStore(database), await addAdmin(database, { role: 'supervisor' })]
  const [session] = await database.query<{ id: string }>(
    'insert into chat_session (store_id) values ($1) returning id',
    [store.id],
  )
  const contents = [{ content: 'first parcel' }, { content: 'second parcel' }]
  const [first, second] = await addMessages(database, Number(session?.id), contents)
  await database.query(copyMessage, [first])
  const [filling, holding] = [new Client(database.url), new Client(database.url)]
  for (const client of [filling, holding]) {
    await client.connect()
    t.teardown(() => client.end())
    await client.query('begin')
  }
  // As a node of that version fills the search, which the build waits for.
  await filling.query(copyMessage, [second])
  await holding.query('lock table chat_search_term')

  const chat = createChatClient(await startNode(t, { database }))
  t.same(await find(chat, supervisor, 'arce'), ['first parcel'])
  await filling.query('commit')
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    and query like 'delete from chat_search_term%'`
  await until(async () => (await database.query(waiting)).length === 1, 10_000, 'the terms are being collected')
  t.same(await find(chat, supervisor, 'arce'), ['second parcel', 'first parcel'])
  await holding.query('rollback')
  await until(async () => (await database.query(indexes)).length === 3, 10_000)
  t.same(await find(chat, supervisor, 'arce'), ['second parcel', 'first parcel'])
  await chat.post('store/message/', store, { content: 'third' })
  await fillNow(chat)
  t.same(await database.query('select term from chat_search_term order by term'), [
    ...['first', 'parcel', 'second', 'third'].map((term) => ({ term })),
  ])
})

t.test('one connection builds at a time, and leaves no lock on one that a pooler lends on', async (t) => {
  const database = await createDatabase(t)
  const [first, second] = [new Client(database.url), new Client(database.url)]
  for (const client of [first, second]) {
    await client.connect()
    t.teardown(() => client.end())
  }
  t.equal(await buildIndex(first, 'english'), true)
  const locks = await database.query(
    `select from pg_locks join pg_database on pg_database.oid = pg_locks.database
     where locktype = 'advisory' and datname = current_database()`,
  )
  t.same(locks, [])
  await first.query('begin')
  await first.query('select pg_advisory_xact_lock(7266003)')
  t.equal(await buildIndex(second, 'german'), false)
  await first.query('rollback')
  t.equal(await buildIndex(second, 'german'), true)
  t.same(await database.query(indexes), namesOf('parts_german'))
})

t.test('a language is the plain name of a text search configuration', (t) => {
  for (const language of ['English', "a'b", 'a b', '1a']) {
    t.throws(() => readConfig({ SEARCH_LANGUAGE: language }), /SEARCH_LANGUAGE/)
  }
  t.equal(readConfig({ SEARCH_LANGUAGE: '' }).searchLanguage, 'simple')
  t.end()
})
