import t from 'tap'
import { addAdmin, addStore, type TestAccount } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, closeConversation, openConversation } from '../support/chat/conversations.js'
import { startPair } from '../support/chat/pair.js'

const { here, there, chat } = await startPair(t)
const elsewhere = createChatClient(there)
const { database } = here

const rate = (store: TestAccount, session_id: number, score: unknown, more: object = {}) =>
  chat.post('store/rating/', store, { session_id, score, ...more })
const read = (store: TestAccount, session_id: number) => chat.get('store/rating/', store, { session_id })

t.test('a closed session is rated once, and the rating changes for fourteen days', async (t) => {
  const { store, admin, sessionId } = await closeConversation(chat)
  t.equal((await read(store, sessionId)).status, 404)
  const { body } = await rate(store, sessionId, 4)
  t.match(body, { session_id: sessionId, score: 4, comment: '' })
  const { body: changed } = await rate(store, sessionId, 5, { comment: 'Quick' })
  t.match(changed, { score: 5, comment: 'Quick', created: body.created })
  t.strictSame((await read(store, sessionId)).body, changed)
  const { body: seen } = await chat.get('admin/session/', admin, { session_id: sessionId })
  t.strictSame(seen.rating, changed)
  const { body: listed } = await chat.get('admin/sessions/', admin, { store_id: store.id })
  t.strictSame(listed.data[0].rating, changed)
  const { body: own } = await chat.get('store/sessions/', store)
  t.strictSame(own.data[0].rating, changed, 'any browser of the store learns of it')

  const end = (age: string) =>
    database.query(`update chat_session set closed_at = now() - $2::interval where id = $1`, [sessionId, age])
  await end('13 days 23 hours')
  t.equal((await rate(store, sessionId, 3)).status, 200)
  await end('14 days 1 minute')
  t.equal((await rate(store, sessionId, 1)).status, 409)
  t.match((await read(store, sessionId)).body, { score: 3 }, 'it is read for ever')
})

t.test('only a session of its own that is closed, and only one to five', async (t) => {
  const [open, claimed, closed] = [
    await openConversation(chat),
    await claimConversation(chat),
    await closeConversation(chat),
  ]
  t.equal((await rate(open.store, open.sessionId, 5)).status, 409)
  t.equal((await rate(claimed.store, claimed.sessionId, 5)).status, 409)
  const other = await addStore(database)
  const [foreign, unknown] = [await rate(other, closed.sessionId, 5), await rate(other, Number.MAX_SAFE_INTEGER, 5)]
  t.equal(foreign.status, 404)
  t.equal(foreign.text, unknown.text, "another store's is as if unknown")
  await rate(closed.store, closed.sessionId, 5)
  t.equal((await read(other, closed.sessionId)).status, 404)
  for (const score of [0, 6, 1.5, '5', null]) t.equal((await rate(closed.store, closed.sessionId, score)).status, 400)
  const comment = 'x'.repeat(1000)
  t.equal((await rate(closed.store, closed.sessionId, 2, { comment })).status, 200)
  for (const wrong of [`${comment}x`, 'a\u0000', 'a\ud800']) {
    t.equal((await rate(closed.store, closed.sessionId, 1, { comment: wrong })).status, 400)
  }
  t.match((await read(closed.store, closed.sessionId)).body, { score: 2, comment })
})

t.test('of many ratings at once on two nodes one is left', async (t) => {
  const { store, sessionId: session_id } = await closeConversation(chat)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, place) =>
      (place % 2 === 0 ? chat : elsewhere).post('store/rating/', store, {
        session_id,
        score: (place % 5) + 1,
        comment: `comment ${(place % 5) + 1}`,
      }),
    ),
  )
  t.same([...new Set(answers.map(({ status }) => status))], [200])
  const rows = await database.query<{ score: number; comment: string }>(
    'select score, comment from chat_rating where session_id = $1',
    [session_id],
  )
  t.equal(rows.length, 1)
  t.equal(rows[0]?.comment, `comment ${rows[0]?.score}`, 'and it is a whole one')
})

t.test('the admins: by name, who is online, how many sessions each holds, and none that is switched off', async (t) => {
  const { admin } = await claimConversation(chat)
  const [zoe, gone] = [await addAdmin(database, { name: 'Zoe', role: 'supervisor' }), await addAdmin(database)]
  await database.query('update admin set active = false where id = $1', [gone.id])
  await database.query(
    `with node as (insert into chat_node (id, seen_at) values ('alive', now()), ('dead', now() - interval '1 minute'))
     select 1`,
  )
  await database.query(
    `insert into online (side, account_id, node_id) values ('admin', $1, 'alive'), ('admin', $2, 'dead')`,
    [zoe.id, admin.id],
  )
  const { body } = await chat.get('admin/admins/', admin)
  const find = ({ id }: TestAccount) => body.data.find((one: { id: number }) => one.id === id)
  t.strictSame(find(zoe), { id: zoe.id, name: 'Zoe', role: 'supervisor', online: true, held: 0 })
  t.match(find(admin), { role: 'agent', online: false, held: 1 })
  t.equal(find(gone), undefined)
  const names = body.data.map(({ name }: { name: string }) => name)
  t.same(names.at(-1), 'Zoe')
})
