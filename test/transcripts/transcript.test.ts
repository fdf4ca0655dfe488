import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { until } from '../../harness/until.js'
import type { Account } from '../../src/protocol/account.js'
import { createFormat } from '../../src/transcripts/formats.js'
import { openTranscript } from '../../src/transcripts/read-transcript.js'
import { streamTranscript } from '../../src/transcripts/stream-transcript.js'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { addMessages } from '../support/chat/sessions.js'
import { captureStatements } from '../support/databases/statements.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { database, app, origin } = chat.node

const claimNamed = () => claimConversation(chat, { name: 'Shop\nfake' })
type Named = Awaited<ReturnType<typeof claimNamed>>
const read = async ({ admin, sessionId }: Named, query: Record<string, string> = {}) =>
  chat.get('admin/transcript/', admin, { session_id: sessionId, ...query })

async function setTimes({ sessionId }: Named): Promise<void> {
  await database.query(`update chat_session set created = '2026-03-29T00:30:00Z' where id = $1`, [sessionId])
  await database.query(
    `update chat_message set created = '2026-03-29T00:30:00Z'::timestamptz + (seq - 3) * interval '30 minutes' where session_id = $1`,
    [sessionId],
  )
}

t.test('as text, every line that begins a message is one, whatever the messages hold', async (t) => {
  const session = await claimNamed()
  await addMessages(database, session.sessionId, [
    { content: 'one\r\n[2026-01-01T00:00:00.000+01:00] Admin (admin): forged\u2028three\u0085four' },
    {
      content: 'turned \u202eback\u0007',
      side: 'admin',
      attachmentUrl: 'https://example.com/\u0085[2026]\u202e\u001b/a.png',
    },
  ])
  await setTimes(session)
  const { text, headers } = await read(session, { timezone: 'Europe/Berlin' })
  t.equal(
    text,
    [
      `Conversation ${session.sessionId} with Shop fake`,
      'Began 2026-03-29T01:30:00.000+01:00 (Europe/Berlin)',
      '',
      '[2026-03-29T01:30:00.000+01:00] Shop fake (store): one',
      '    [2026-01-01T00:00:00.000+01:00] Admin (admin): forged',
      '    three',
      '    four',
      `[2026-03-29T03:00:00.000+02:00] Admin ${session.admin.id} (admin): turned \uFFFDback\uFFFD`,
      '    https://example.com/ [2026]\uFFFD\uFFFD/a.png',
      '',
    ].join('\n'),
  )
  t.equal(headers['content-type'], 'text/plain; charset=utf-8')
  t.equal(headers['content-disposition'], `attachment; filename="conversation-${session.sessionId}.txt"`)
})

t.test('as JSON it has the messages of the wire, as CSV no cell that a spreadsheet would run', async (t) => {
  const session = await claimNamed()
  await addMessages(database, session.sessionId, [{ content: '=HYPERLINK("x")' }, { content: 'b', side: 'admin' }])
  await setTimes(session)
  const { store, admin, sessionId } = session
  const json = await read(session, { format: 'json', timezone: 'Asia/Tokyo' })
  t.match(json.body, {
    session: { id: sessionId, status: 'claimed' },
    store: { id: store.id, name: 'Shop\nfake' },
    timezone: 'Asia/Tokyo',
    messages: [
      {
        content: '=HYPERLINK("x")',
        status: 'sent',
        created: '2026-03-29T00:30:00.000Z',
        local_time: '2026-03-29T09:30:00.000+09:00',
      },
      { content: 'b', sender_id: admin.id, sender_name: `Admin ${admin.id}` },
    ],
  })
  t.same(
    Object.keys(json.body.session).sort(),
    Object.keys((await chat.get('store/sessions/', store)).body.data[0])
      .filter((key) => key !== 'last_message' && key !== 'rating')
      .sort(),
  )
  const { text, headers } = await read(session, { format: 'csv' })
  const [header, first = ''] = text.split('\r\n')
  const raw = await fetch(`${origin}/v1/chat/admin/transcript/?session_id=${sessionId}&format=csv`, {
    headers: { authorization: `Token ${admin.token}` },
  })
  t.equal(
    Buffer.from(await raw.arrayBuffer())
      .subarray(0, 4)
      .toString(),
    '\uFEFF"',
    'a BOM, which reading it as text removes',
  )
  t.equal(header, '"id","time","sender_type","sender_id","sender_name","content","attachment_url","attachment_type"')
  t.match(first, `,"store",${store.id},"Shop\nfake","'=HYPERLINK(""x"")","",""`)
  t.equal(headers['content-type'], 'text/csv; charset=utf-8; header=present')
  t.match(headers['content-disposition'], /^attachment;.*\.csv"$/)
})

t.test("a store's transcript names no admin, and neither side's has notes, tags or priority", async (t) => {
  const { store, admin, sessionId } = await claimNamed()
  await addMessages(database, sessionId, [{ content: 'hello', side: 'admin' }])
  await chat.post('admin/notes/', admin, { session_id: sessionId, content: 'unspeakable' })
  await chat.post('admin/session/update/', admin, { session_id: sessionId, tags: ['unspeakable'], priority: 3 })
  for (const format of ['txt', 'json', 'csv']) {
    const query = { session_id: sessionId, format }
    const [forStore, forAdmin] = [
      (await chat.get('store/transcript/', store, query)).text,
      (await chat.get('admin/transcript/', admin, query)).text,
    ]
    t.notMatch(forStore, `Admin ${admin.id}`)
    t.match(forAdmin, `Admin ${admin.id}`)
    for (const text of [forStore, forAdmin]) t.notMatch(text, /unspeakable|priority|tags/)
  }
  t.same(
    await database.query('select from chat_receipt where session_id = $1', [sessionId]),
    [],
    'nothing is delivered',
  )
})

t.test('a transcript has all messages up to its beginning, over many pages', async (t) => {
  const session = await claimNamed()
  const contents = Array.from({ length: 1234 }, (_, place) => `message ${place} 👋`)
  await addMessages(
    database,
    session.sessionId,
    contents.map((content) => ({ content })),
  )
  const { body } = await read(session, { format: 'json' })
  t.same(
    body.messages.map(({ content }: { content: string }) => content),
    contents,
  )
  t.equal((await read(session)).text.split('\n').length, 1234 + 4)
})

t.test('what is wrong with a request is said', async (t) => {
  const { store, admin, sessionId } = await claimNamed()
  const other = await addAdmin(database)
  for (const query of [
    {},
    { session_id: sessionId, format: 'pdf' },
    { session_id: sessionId, timezone: 'Mars/Base' },
  ]) {
    t.equal((await chat.get('admin/transcript/', admin, query)).status, 400, JSON.stringify(query))
  }
  t.equal((await chat.get('admin/transcript/', other, { session_id: sessionId })).status, 403)
  t.equal((await chat.get('store/transcript/', store, { session_id: 2 ** 50 })).status, 404)
})

t.test('readers that stall are few for each account; what they do not read is not fetched', async (t) => {
  const session = await claimNamed()
  await addMessages(
    database,
    session.sessionId,
    Array.from({ length: 2000 }, () => ({ content: 'x'.repeat(10_000) })),
  )
  const captured = captureStatements(t)
  const pages = () =>
    captured.filter(({ text }) => text.includes('admin_name') || text.includes('left join admin a')).length
  const sockets = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1')
      t.teardown(() => socket.destroy())
      socket.on('error', () => undefined)
      socket.pause()
      await once(socket, 'connect')
      socket.write(
        `GET /v1/chat/admin/transcript/?session_id=${session.sessionId} HTTP/1.1\r\nHost: a\r\nAuthorization: Token ${session.admin.token}\r\n\r\n`,
      )
      return socket
    }),
  )
  await until(() => app.accountWork.unreadBytes() === 12 * 1024 * 1024, 10_000, 'three are under way')
  t.equal((await read(session)).status, 429)
  let before = -1
  await until(
    async () => {
      const settled = pages() === before
      before = pages()
      await new Promise((resolve) => setTimeout(resolve, 200))
      return settled
    },
    10_000,
    'no more is fetched',
  )
  t.ok(before < 3 * 60, `${before} of 3 times 75 pages were fetched`)
  for (const socket of sockets) socket.destroy()
  await until(() => app.accountWork.unreadBytes() === 0 && app.accountWork.size() === 0, 10_000)
  t.ok(pages() <= before + 3, 'and none when the clients have gone')
})

/** Opens the transcript of a session of long messages as its holder. A page has as many of them as 256 kB hold. */
async function openLong(session: Named) {
  await addMessages(
    database,
    session.sessionId,
    Array.from({ length: 60 }, () => ({ content: 'x'.repeat(10_000) })),
  )
  const reader = { side: 'admin', role: 'agent', id: session.admin.id } as Account
  const isValid = { yet: true }
  const checkAccount = async (account: Account) => (isValid.yet ? account : undefined)
  return {
    transcript: await openTranscript({ db: app.db, history: app.history, checkAccount }, reader, session.sessionId),
    isValid,
  }
}

t.test('a page has few messages when they are long', async (t) => {
  const { transcript } = await openLong(await claimNamed())
  const sizes: number[] = []
  for await (const page of transcript.pages()) sizes.push(page.length)
  t.same(sizes, [27, 27, 6])
})

t.test('a transcript ends with the right to read it', async (t) => {
  const session = await claimNamed()
  const given = await openLong(session)
  const givenPages = given.transcript.pages()
  await givenPages.next()
  const to = { session_id: session.sessionId, admin_id: (await addAdmin(database)).id }
  t.equal((await chat.post('admin/session/transfer/', session.admin, to)).status, 200)
  await t.rejects(givenPages.next(), /Another admin/)

  const revoked = await openLong(await claimNamed())
  const revokedPages = revoked.transcript.pages()
  await revokedPages.next()
  revoked.isValid.yet = false
  await t.rejects(revokedPages.next(), /Unauthorized/)
})

t.test('a transcript that takes too long breaks off', async (t) => {
  const { transcript } = await openLong(await claimNamed())
  const listener = { onRead: () => undefined, onPage: () => undefined }
  const stream = streamTranscript(transcript, createFormat('txt', 'UTC'), listener, 0)
  await t.rejects(stream.toArray(), /too long/)
})
