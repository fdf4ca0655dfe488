import { randomInt } from 'node:crypto'
import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { fillNow, find, search } from '../support/chat/search.js'
import { addMessages } from '../support/chat/sessions.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { database } = chat.node
const supervisor = await addAdmin(database, { role: 'supervisor' })

/** A claimed session with a store's messages, all of them in the search. */
async function tell(...contents: string[]) {
  const conversation = await claimConversation(chat)
  await addMessages(
    database,
    conversation.sessionId,
    contents.map((content) => ({ content })),
  )
  await fillNow(chat)
  return conversation
}

t.test('words are found in any order, and as search engines have it with quotes, or and minus', async (t) => {
  const { admin } = await tell('The lost parcel', 'a parcel was lost', 'Parcel found', 'nothing')
  t.same(await find(chat, admin, 'PARCEL lost'), ['a parcel was lost', 'The lost parcel'], 'newest first')
  t.same(await find(chat, admin, '"lost parcel"'), ['The lost parcel'])
  t.same(await find(chat, admin, 'parcel -lost'), ['Parcel found'])
  t.same(await find(chat, admin, 'found or nothing'), ['nothing', 'Parcel found'])
  t.same(await find(chat, admin, 'parcels'), [])
})

t.test('a dash between words is none of them, and no minus', async (t) => {
  const { admin } = await tell('Smith invoice', 'Smith alone', 'a - b')
  t.same(await find(chat, admin, 'Smith - invoice'), ['Smith invoice'])
  t.same(await find(chat, admin, '- smith'), ['Smith alone', 'Smith invoice'])
  t.same(await find(chat, admin, 'smith -- "invoice"'), ['Smith invoice'])
  t.same(await find(chat, admin, 'smith (-invoice)'), ['Smith alone'])
  t.same(await find(chat, admin, '-'), ['a - b'])
})

t.test('several minuses in a row are none: lines and options are text', async (t) => {
  const line = '-'.repeat(40)
  const { admin } = await tell('npm --force', `${line}\nOriginal message`, 'a forced one')
  t.same(await find(chat, admin, '--force'), ['a forced one', 'npm --force'])
  t.same(await find(chat, admin, 'npm --"force"'), ['npm --force'])
  t.same(await find(chat, admin, line), [`${line}\nOriginal message`])
  t.same(await find(chat, admin, `${line} "original"`), [`${line}\nOriginal message`])
  t.same(await find(chat, admin, `(${line}) message`), [`${line}\nOriginal message`])
  t.same(await find(chat, admin, `${'-('.repeat(60)}original`), [`${line}\nOriginal message`])
  t.same(await find(chat, admin, `force ${line}original`), [])
})

t.test('any mixture of operators and white space is answered', async (t) => {
  const { admin } = await tell('x')
  const pick = <T>(all: T[]): T => all[randomInt(all.length)] as T
  const others = '-()|!&" x\u0085\u00a0\u2028\u3000\ufeff'.split('')
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => {
      const characters = ['-', pick(others), pick(others)]
      const q = Array.from({ length: 150 }, () => pick(characters)).join('')
      return search(chat, admin, q)
    }),
  )
  t.same(
    answers.filter(({ status }) => status !== 200 && status !== 400),
    [],
  )
})

t.test('parts of words, order numbers and languages without spaces are found, and wildcards are text', async (t) => {
  const { admin } = await tell(
    'order A-10023/7',
    '我的包裹在哪里',
    'طرد مفقود',
    '50% off',
    'a_b',
    String.raw`c:\d`,
    'Straße ÄÖÜ',
  )
  t.same(await find(chat, admin, '10023'), ['order A-10023/7'])
  t.same(await find(chat, admin, '0023/'), ['order A-10023/7'])
  t.same(await find(chat, admin, 'rde 002'), ['order A-10023/7'], 'all parts are in it')
  t.same(await find(chat, admin, '包裹'), ['我的包裹在哪里'], 'too short for a trigram')
  t.same(await find(chat, admin, '包裹在哪'), ['我的包裹在哪里'])
  t.same(await find(chat, admin, 'مفقود'), ['طرد مفقود'])
  t.same(await find(chat, admin, '0%'), ['50% off'])
  t.same(await find(chat, admin, '%%%'), [])
  t.same(await find(chat, admin, '_'), ['a_b'])
  t.same(await find(chat, admin, String.raw`:\d`), [String.raw`c:\d`])
  t.same(await find(chat, admin, 'äöü'), ['Straße ÄÖÜ'])
  t.same(await find(chat, admin, 'a b c d e f g h i j k l m n'), [], 'more parts than the index is asked for')
})

t.test('highlights are offsets in UTF-16, and never markup', async (t) => {
  const { admin } = await tell('👋 <b>Lost</b> parcel, lost PARCELS', 's0123 lost')
  const [plain, marked] = (await search(chat, admin, 'lost parcel')).body.data
  t.equal(marked, undefined)
  const { message, highlights } = plain
  t.equal(message.content, '👋 <b>Lost</b> parcel, lost PARCELS')
  const texts = highlights.map(([start, end]: [number, number]) => message.content.slice(start, end))
  t.same(texts, ['Lost', 'parcel', 'lost', 'PARCEL'])
  t.match((await search(chat, admin, '"s0123"')).body.data, [{ highlights: [[0, 5]] }])
})

t.test('an agent finds what it may read: its own and open sessions; a supervisor finds all', async (t) => {
  const mine = await tell('secretword mine')
  const other = await tell('secretword of another')
  const open = await openConversation(chat)
  await chat.post('store/message/', open.store, { content: 'secretword open' })
  await fillNow(chat)
  t.same(await find(chat, mine.admin, 'secretword'), ['secretword open', 'secretword mine'])
  t.same(await find(chat, other.admin, 'secretword'), ['secretword open', 'secretword of another'])
  t.equal((await find(chat, supervisor, 'secretword')).length, 3)
  t.same(await find(chat, supervisor, 'secretword', { store_id: other.store.id }), ['secretword of another'])
  t.same(await find(chat, mine.admin, 'secretword', { store_id: other.store.id }), [])

  await chat.post('admin/session/transfer/', mine.admin, { session_id: mine.sessionId, admin_id: other.admin.id })
  await chat.post('admin/session/claim/', other.admin, { session_id: open.sessionId })
  t.same(await find(chat, mine.admin, 'secretword'), [], 'handed over, it is gone')
  t.equal((await find(chat, other.admin, 'secretword')).length, 3)
  await chat.post('admin/close/', other.admin, { session_id: mine.sessionId })
  t.equal((await find(chat, other.admin, 'secretword')).length, 3, 'closed, it is still who held it last')
})

t.test(
  'an answer has the message, the session as admins see it, and the store; nothing is delivered by it',
  async (t) => {
    const { store, admin, sessionId } = await claimConversation(chat, { name: 'Shop' })
    await chat.post('store/message/', store, { content: 'unmistakable' })
    await chat.post('admin/session/update/', admin, { session_id: sessionId, tags: ['refund'], priority: 2 })
    await fillNow(chat)
    const { body } = await search(chat, admin, 'unmistakable')
    t.match(body, {
      data: [
        {
          message: { content: 'unmistakable', session_id: sessionId, status: 'sent' },
          session: { id: sessionId, status: 'claimed', tags: ['refund'], priority: 2 },
          store: { id: store.id, name: 'Shop' },
        },
      ],
      next_cursor: null,
    })
  },
)

t.test(
  'pages follow each other, also far apart in the history, when a session changes hands between them',
  async (t) => {
    const [one, two] = [await tell('paged 1', 'paged 2'), await tell('paged 3')]
    // What lies between is in other blocks of the history.
    await database.query(`select setval('chat_message_id_seq', (select max(id) from chat_message) + 3000000)`)
    await addMessages(database, two.sessionId, [{ content: 'paged 4' }, { content: 'paged 5' }])
    await fillNow(chat)
    const page = async (admin: typeof supervisor, cursor?: string) =>
      (await search(chat, admin, 'paged', { limit: 2, ...(cursor !== undefined && { cursor }) })).body
    const contents = ({ data }: { data: { message: { content: string } }[] }) =>
      data.map(({ message }) => message.content)

    const first = await page(supervisor)
    t.same(contents(first), ['paged 5', 'paged 4'])
    const second = await page(supervisor, first.next_cursor)
    t.same(contents(second), ['paged 3', 'paged 2'])
    const third = await page(supervisor, second.next_cursor)
    t.same(contents(third), ['paged 1'])
    t.equal(third.next_cursor, null)

    const own = await page(two.admin)
    t.same(contents(own), ['paged 5', 'paged 4'])
    await chat.post('admin/session/transfer/', two.admin, { session_id: two.sessionId, admin_id: one.admin.id })
    t.same(await page(two.admin, own.next_cursor), { data: [], next_cursor: null })
  },
)

t.test('a time is from its beginning up to its end, which is not in it', async (t) => {
  const { sessionId } = await tell('timed 1', 'timed 2', 'timed 3')
  for (const table of ['chat_message', 'chat_message_search']) {
    await database.query(
      `update ${table} set created = '2027-01-01T00:00:00Z'::timestamptz + right(content, 1)::int * interval '1 day'
       where session_id = $1 and content like 'timed%'`,
      [sessionId],
    )
  }
  const within = (from: string, to: string) => find(chat, supervisor, 'timed', { from, to })
  t.same(await within('2027-01-02T00:00:00Z', '2027-01-04T00:00:00Z'), ['timed 2', 'timed 1'])
  t.same(await within('2027-01-03T01:00:00+01:00', '2027-01-03T00:00:00.001Z'), ['timed 2'])
  t.same(await within('2027-01-05T00:00:00Z', '2027-01-04T00:00:00Z'), [])
  t.same(await within('0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z'), ['timed 3', 'timed 2', 'timed 1'])
})

t.test('what cannot be searched for is refused, and everything else is answered', async (t) => {
  const { admin } = await tell('x')
  for (const q of ['', ' \t', 'x'.repeat(201), 'a\0b', 'x'.repeat(10_000)]) {
    t.equal((await search(chat, admin, q)).status, 400, JSON.stringify(q.slice(0, 20)))
  }
  for (const path of ['q=%ED%A0%80', 'q=x&cursor=x', 'q=x&from=yesterday', 'q=x&to=2026-12-31T23:59:60Z', 'q[]=x']) {
    t.equal((await chat.node.get(`/v1/chat/admin/search/?${path}`, admin)).status, 400, path)
  }
  for (const q of [
    '-x',
    '"',
    '""',
    '!!!',
    '&|!():*',
    "'",
    '<->',
    'or',
    '\\',
    'x:*',
    '\u202e',
    '𝒳',
    `${'y'.repeat(199)}x`,
  ]) {
    t.equal((await search(chat, admin, q)).status, q === '"' || q === '""' ? 400 : 200, q)
  }
  t.match((await search(chat, admin, '""')).body, { errors: [{ field: 'q', message: 'has no word to search for' }] })
})

t.test('a deleted message is not found, nor is its text kept', async (t) => {
  const { admin, sessionId } = await tell('forgettable')
  t.same(await find(chat, admin, 'forgettable'), ['forgettable'])
  await database.query('delete from chat_message where session_id = $1', [sessionId])
  t.same(await find(chat, admin, 'forgettable'), [])
  t.same(await database.query(`select from chat_message_search where content = 'forgettable'`), [])
})
