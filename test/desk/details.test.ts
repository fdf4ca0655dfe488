import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { startPair } from '../support/chat/pair.js'
import { lockSession } from '../support/chat/session-lock.js'
import { enter } from '../support/clients/socket-client.js'

const { here, there, chat } = await startPair(t, { network: 'redis' })
const elsewhere = createChatClient(there)
const { database } = here
const supervisor = await addAdmin(database, { role: 'supervisor' })

const tagsOf = async (sessionId: number) => {
  const rows = await database.query<{ tag: string; status: string; priority: number }>(
    'select tag, status, priority from chat_session_tag where session_id = $1 order by tag',
    [sessionId],
  )
  return rows
}

t.test('tags have one spelling, are sorted, and replace each other; what is left out stays', async (t) => {
  const { admin, sessionId: session_id } = await claimConversation(chat)
  const update = async (more: object) => chat.post('admin/session/update/', admin, { session_id, ...more })
  t.match((await chat.get('admin/session/', admin, { session_id })).body, { tags: [], priority: 0, rating: null })
  const first = await update({ tags: ['  VIP ', 'refund', 'Refund', 'Cafe\u0301', '返品', 'two words'] })
  t.match(first.body, { id: session_id, status: 'claimed', priority: 0, store: {} })
  t.same(first.body.tags, ['café', 'refund', 'two words', 'vip', '返品'])
  t.same((await update({ priority: 3 })).body.tags, ['café', 'refund', 'two words', 'vip', '返品'])
  const second = await update({ tags: ['late'] })
  t.match(second.body, { tags: ['late'], priority: 3 })
  t.same(await tagsOf(session_id), [{ tag: 'late', status: 'claimed', priority: 3 }])
  t.same((await update({ tags: [] })).body.tags, [])
  t.same(await tagsOf(session_id), [])
})

t.test('what is no tag and no priority is refused, and changes nothing', async (t) => {
  const { admin, sessionId: session_id } = await claimConversation(chat)
  await chat.post('admin/session/update/', admin, { session_id, tags: ['kept'], priority: 1 })
  const refused: [object, string][] = [
    [{}, 'tags'],
    [{ tags: [''] }, 'tags.0'],
    [{ tags: ['a', ' \t '] }, 'tags.1'],
    [{ tags: ['x'.repeat(33)] }, 'tags.0'],
    [{ tags: ['🎈'.repeat(33)] }, 'tags.0'],
    [{ tags: ['a\nb'] }, 'tags.0'],
    [{ tags: ['a\u0000b'] }, 'tags.0'],
    [{ tags: ['a\ud800'] }, 'tags.0'],
    [{ tags: ['a\u2028b'] }, 'tags.0'],
    [{ tags: Array.from({ length: 11 }, (_, place) => `t${place}`) }, 'tags'],
    [{ tags: 'refund' }, 'tags'],
    [{ tags: [1] }, 'tags.0'],
    [{ priority: 4 }, 'priority'],
    [{ priority: -1 }, 'priority'],
    [{ priority: 1.5 }, 'priority'],
    [{ priority: '2' }, 'priority'],
    [{ priority: null }, 'priority'],
  ]
  for (const [place, [input, field]] of refused.entries()) {
    const { status, body } = await chat.post('admin/session/update/', admin, { session_id, ...input })
    t.equal(status, 400, `input ${place}`)
    t.equal(body.errors[0].field, field, `input ${place}`)
  }
  const longest = ['🎈'.repeat(32), 'x'.repeat(32)]
  t.match((await chat.get('admin/session/', admin, { session_id })).body, { tags: ['kept'], priority: 1 })
  t.same((await chat.post('admin/session/update/', admin, { session_id, tags: longest })).body.tags.length, 2)
})

t.test('every admin is told, on every node, and no store is', async (t) => {
  const { store, admin, sessionId: session_id } = await claimConversation(chat)
  const other = await addAdmin(database)
  const [forStore, own, forOther] = [
    await enter(t, here, 'store', store),
    await enter(t, here, 'admin', admin),
    await enter(t, there, 'admin', other),
  ]
  const { body: before } = await chat.get('store/session/', store)
  await chat.post('admin/session/update/', admin, { session_id, tags: ['b', 'a'], priority: 2 })
  for (const socket of [own, forOther]) {
    t.strictSame(await socket.next('session_details'), { session_id, tags: ['a', 'b'], priority: 2 })
  }
  await chat.post('admin/message/', admin, { session_id, content: 'after it' })
  await forStore.next('message')
  t.same(forStore.all('session_details'), [])
  const { body: after } = await chat.get('store/session/', store)
  t.equal(after.created, before.created)
  const [row] = await database.query<{ same: boolean }>(`select max(seq) = 3 as same from chat_session where id = $1`, [
    session_id,
  ])
  t.ok(row?.same, 'only the claim and the message have a seq')
})

t.test('every answer to an admin has the details: claim, release, transfer, close, send', async (t) => {
  const { admin, sessionId: session_id } = await openConversation(chat)
  const details = { tags: ['refund'], priority: 1 }
  await chat.post('admin/session/update/', admin, { session_id, ...details })
  t.match((await chat.post('admin/session/claim/', admin, { session_id })).body, details)
  t.match((await chat.post('admin/message/', admin, { session_id, content: 'a' })).body.session, details)
  const transfer = { session_id, admin_id: supervisor.id }
  t.match((await chat.post('admin/session/transfer/', admin, transfer)).body, details)
  t.match((await chat.post('admin/session/release/', supervisor, { session_id })).body, details)
  t.match((await chat.post('admin/session/claim/', supervisor, { session_id })).body, details)
  t.match((await chat.post('admin/close/', supervisor, { session_id })).body, details)
  t.same(await tagsOf(session_id), [{ tag: 'refund', status: 'closed', priority: 1 }], 'the lists follow the status')
  t.match((await chat.post('admin/session/update/', supervisor, { session_id, tags: ['late'] })).body, { priority: 1 })
  const silent = await openConversation(chat)
  const { body } = await chat.post('admin/session/claim/', admin, { session_id: silent.sessionId })
  t.match(body, { tags: [], priority: 0 })
})

t.test('of many changes at once on two nodes one is left, whole, and everybody sees that one last', async (t) => {
  const { admin, sessionId: session_id } = await claimConversation(chat)
  const watchers = [await enter(t, here, 'admin', admin), await enter(t, there, 'admin', supervisor)]
  const changes = Array.from({ length: 20 }, (_, place) => ({ tags: [`t${place}`, `u${place}`], priority: place % 4 }))
  const answers = await Promise.all(
    changes.map((change, place) =>
      (place % 2 === 0 ? chat : elsewhere).post('admin/session/update/', admin, { session_id, ...change }),
    ),
  )
  t.same([...new Set(answers.map(({ status }) => status))], [200])
  const { body } = await chat.get('admin/session/', admin, { session_id })
  const left = { tags: body.tags as string[], priority: body.priority as number }
  t.ok(
    changes.some(({ tags, priority }) => tags.join() === left.tags.join() && priority === left.priority),
    JSON.stringify(left),
  )
  t.same(
    (await tagsOf(session_id)).map(({ tag, priority }) => [tag, priority]),
    left.tags.map((tag) => [tag, left.priority]),
    'the lists say the same',
  )
  for (const watcher of watchers) {
    await watcher.next('session_details', ({ tags }) => tags.join() === left.tags.join())
    watcher.send('ping')
    await watcher.next('pong')
    t.same(watcher.all('session_details').at(-1)?.tags, left.tags)
  }
})

t.test('a claim and a change at once: each is decided by what the other left', async (t) => {
  for (const isClaimFirst of [true, false]) {
    const { admin, sessionId: session_id } = await openConversation(chat)
    const other = await addAdmin(database)
    const lock = await lockSession(database, session_id)
    const change = () => elsewhere.post('admin/session/update/', other, { session_id, tags: ['mine'] })
    const claim = () => chat.post('admin/session/claim/', admin, { session_id })
    const first = await lock.enqueue(isClaimFirst ? claim : change)
    const second = await lock.enqueue(isClaimFirst ? change : claim)
    await lock.release()
    const [one, two] = [await first.answer, await second.answer]
    if (isClaimFirst) t.same([one.status, two.status], [200, 403])
    else {
      t.same([one.status, two.status], [200, 200])
      t.same(two.body.tags, ['mine'], 'the claim answers with what was changed while it waited')
    }
    const { body } = await chat.get('admin/session/', admin, { session_id })
    t.same(body.tags, isClaimFirst ? [] : ['mine'])
  }
})
