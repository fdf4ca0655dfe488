import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { find, search } from '../support/chat/search.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { database } = chat.node
const supervisor = await addAdmin(database, { role: 'supervisor' })

/** Adds messages whose ids are far enough from each other for several to be in each block of the history. */
async function addFarMessages(sessionIds: number[], contents: string[], gap: number): Promise<void> {
  await database.query(
    `with last as (select coalesce(max(id), 0) as id from chat_message), stored as (
       insert into chat_message (id, session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
       select last.id + place * $3, session_id, last.id + place, 'store', store_id, content, '', '', now()
       from last, unnest($1::bigint[], $2::text[]) with ordinality given (session_id, content, place)
       join chat_session s on s.id = session_id
       returning id, session_id, content, created
     )
     insert into chat_message_search (message_id, session_id, content, created)
     select id, session_id, content, created from stored`,
    [sessionIds, contents, gap],
  )
  await database.query(`select setval('chat_message_id_seq', (select max(id) from chat_message))`)
}

/** All pages of a search. */
async function findAll(admin: typeof supervisor, q: string, limit: number): Promise<number[]> {
  const ids: number[] = []
  let cursor: string | null = null
  do {
    const { status, body } = await search(chat, admin, q, { limit, ...(cursor !== null && { cursor }) })
    if (status !== 200) throw new Error(`${q}: ${status} ${JSON.stringify(body)}`)
    ids.push(...body.data.map(({ message }: { message: { id: number } }) => message.id))
    cursor = body.next_cursor
  } while (cursor !== null)
  return ids
}

/** What a search has to find, by a look at each text. */
async function listMatching(sessionIds: number[], q: string): Promise<number[]> {
  const rows = await database.query<{ id: string }>(
    `select m.id from chat_message m where session_id = any($1) and (
       to_tsvector('simple', content) @@ websearch_to_tsquery('simple', $2)
       or ($3 and content ilike all(select '%' || part || '%' from unnest(string_to_array($2, ' ')) part))
     ) order by id desc`,
    [sessionIds, q, !/"|(^|\s)(-\S|or(\s|$))/.test(q)],
  )
  return rows.map(({ id }) => Number(id))
}

/** An agent that holds a session, and held more than the index can be asked for by their names. */
async function addBusyAgent(sessionId: number) {
  const agent = await addAdmin(database)
  await database.query('update chat_session set admin_id = $2 where id = $1', [sessionId, agent.id])
  await database.query(
    `insert into chat_session (store_id, admin_id, status, closed_at)
     select store_id, admin_id, 'closed', now() from chat_session, generate_series(1, 301) where id = $1`,
    [sessionId],
  )
  return agent
}

const draw = (most: number) => Math.floor(Math.random() * most)
const syllables = ['ka', 'lo', 'MI', 'tra', 'né', 'Vo', 'su', 'di', 'Ü', 'ß']
const composeWord = () => Array.from({ length: 1 + draw(4) }, () => syllables[draw(syllables.length)]).join('')
const spaces = [' ', '  ', '\n', '\t', ' - ']

t.test('what is found is what a look at each text finds, on pages of any size, by whoever may read it', async (t) => {
  const [mine, other] = [await claimConversation(chat), await claimConversation(chat)]
  const both = [mine.sessionId, other.sessionId]
  const busy = await addBusyAgent(other.sessionId)
  const contents = Array.from({ length: 600 }, (_, place) =>
    [composeWord(), composeWord(), composeWord(), place % 3 === 0 ? `A-${1000 + place}` : composeWord()].reduce(
      (text, word) => text + (spaces[draw(spaces.length)] ?? ' ') + word,
    ),
  )
  await addFarMessages(
    contents.map(() => both[draw(2)] ?? 0),
    contents,
    600,
  )
  // 'A-1' is in 200 terms, which are too many to be named; of 'mitra' there are some, of the numbers one.
  const questions = [
    'A-1',
    '1033',
    'mitra',
    'kalomi',
    'tra ka',
    'mitra a-1',
    '"ka" -lo',
    'zzzz',
    'trakalominé',
    'nés',
    'or',
  ]
  for (const q of [...questions, ...Array.from({ length: 3 }, () => composeWord().slice(1) || 'vo')]) {
    const expected = await listMatching(both, q)
    t.same(await findAll(supervisor, q, 20 + draw(80)), expected, q)
    t.same(await findAll(mine.admin, q, 20 + draw(80)), await listMatching([mine.sessionId], q), `${q}, by an agent`)
    t.same(await findAll(busy, q, 20 + draw(80)), await listMatching([other.sessionId], q), `${q}, by a busy agent`)
  }
})

t.test('a part of a long text without spaces is found, wherever it is', async (t) => {
  const { sessionId } = await openConversation(chat)
  // A word of more than 2,047 bytes is in no index of words.
  const numbers = Array.from({ length: 600 }, (_, place) => `q${place}`)
  await addFarMessages([sessionId], [numbers.join('')], 1)
  for (const from of [0, 1, 98, 99, 100, 101, 300, 560]) {
    const part = numbers
      .slice(from, from + 40)
      .join('')
      .slice(0, 200)
    t.equal((await find(chat, supervisor, part)).length, 1, `from ${from}`)
  }
})

t.test('a word that was frequent only long ago is found as well', async (t) => {
  const { sessionId } = await openConversation(chat)
  const frequent = Array.from({ length: 20_100 }, (_, place) => `oldfashioned ${place % 7}`)
  await addFarMessages(
    frequent.map(() => sessionId),
    frequent,
    1,
  )
  await addFarMessages([sessionId], ['nothing of it'], 4_000_000)
  const { body } = await search(chat, supervisor, 'ldfashione', { limit: 100 })
  t.equal(body.data.length, 100)
  const [newest] = await listMatching([sessionId], 'oldfashioned')
  t.equal(body.data[0].message.id, newest)
})

t.test('a word is kept as long as a message holds it, and no longer', async (t) => {
  const terms = (...asked: string[]) =>
    database.query('select term from chat_search_term where term = any($1) order by term', [asked])
  const { sessionId } = await openConversation(chat)
  const { sessionId: later } = await openConversation(chat)
  await addFarMessages([sessionId, sessionId], ['Everywhere secret-4711', 'twice secret-4711'], 1)
  await addFarMessages([later, later], ['everywhere else', 'twice'], 100_000)
  // Of the newest messages all terms are kept.
  const newest = Array.from({ length: 2000 }, () => 'nothing of it')
  const { sessionId: newestId } = await openConversation(chat)
  await addFarMessages(
    newest.map(() => newestId),
    newest,
    1,
  )
  t.same(await terms('everywhere', 'secret-4711', 'twice'), [
    { term: 'everywhere' },
    { term: 'secret-4711' },
    { term: 'twice' },
  ])
  await database.query('delete from chat_message where session_id = $1', [later])
  t.same(await terms('everywhere', 'else', 'twice'), [{ term: 'everywhere' }, { term: 'twice' }], 'of older messages')
  await database.query(`delete from chat_message where content like 'twice%'`)
  t.same(await terms('secret-4711', 'twice'), [{ term: 'secret-4711' }])
  await database.query('delete from chat_message where session_id = $1', [sessionId])
  t.same(await terms('everywhere', 'secret-4711'), [])
})
