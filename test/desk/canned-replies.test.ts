import t from 'tap'
import { fillIn } from '../../src/desk/canned-replies/use-canned-reply.js'
import { addAdmin, type TestAccount } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { startPair } from '../support/chat/pair.js'
import { lockTable, lockUses } from '../support/chat/session-lock.js'

const { there, here, chat } = await startPair(t)
const elsewhere = createChatClient(there)
const { database } = here
const supervisor = await addAdmin(database, { role: 'supervisor' })

const create = (who: TestAccount, shortcut: string, more: object = {}) =>
  chat.post('admin/canned/', who, { shortcut, content: `Text of ${shortcut}`, ...more })
const list = async (who: TestAccount, query: object = {}) =>
  ((await chat.get('admin/canned/', who, { ...query })).body.data as { shortcut: string }[]).map((one) => one.shortcut)

t.test('own ones are for their admin, shared ones for all and written by supervisors', async (t) => {
  const [ada, eve] = [await addAdmin(database), await addAdmin(database)]
  const { body: own } = await create(ada, 'Refund')
  t.match(own, { admin_id: ada.id, shared: false, shortcut: 'refund', content: 'Text of Refund', uses: 0 })
  t.equal((await create(ada, 'all', { shared: true })).status, 403)
  const { body: shared } = await create(supervisor, 'all', { shared: true })
  t.match(shared, { admin_id: null, shared: true })
  t.same(await list(ada), ['all', 'refund'])
  t.same(await list(eve), ['all'])

  const replaced = { shortcut: 'refund', content: 'new' }
  t.match((await chat.put(`admin/canned/${own.id}/`, ada, replaced)).body, {
    id: own.id,
    content: 'new',
    shared: false,
  })
  t.equal((await chat.put(`admin/canned/${own.id}/`, eve, replaced)).status, 404, "another's does not exist")
  t.equal((await chat.put(`admin/canned/${own.id}/`, supervisor, replaced)).status, 404)
  t.equal((await chat.put(`admin/canned/${own.id}/`, ada, { ...replaced, shared: true })).status, 403)
  t.equal((await chat.put(`admin/canned/${shared.id}/`, ada, replaced)).status, 403)
  const { body } = await chat.put(`admin/canned/${shared.id}/`, supervisor, { shortcut: 'all', content: 'better' })
  t.match(body, { content: 'better', shared: true }, 'without a word it stays shared')
  const taken = await chat.put(`admin/canned/${shared.id}/`, supervisor, { ...replaced, shared: false })
  t.match(taken.body, { shared: false, admin_id: supervisor.id })

  t.equal((await chat.delete(`admin/canned/${own.id}/`, eve)).status, 404)
  t.equal((await chat.delete(`admin/canned/${own.id}/`, ada)).status, 200)
  t.equal((await chat.delete(`admin/canned/${own.id}/`, ada)).status, 404)
  const { body: again } = await create(supervisor, 'again', { shared: true })
  t.equal((await chat.delete(`admin/canned/${again.id}/`, ada)).status, 403)
  t.equal((await chat.delete(`admin/canned/${again.id}/`, supervisor)).status, 200)
  t.equal((await chat.delete(`admin/canned/${shared.id}/`, supervisor)).status, 200)
})

t.test('a shortcut is there once among an admin’s own, and once among the shared ones', async (t) => {
  const ada = await addAdmin(database)
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, place) =>
      (place % 2 === 0 ? chat : elsewhere).post('admin/canned/', ada, {
        shortcut: place < 5 ? 'hi' : 'HI',
        content: 'a',
      }),
    ),
  )
  t.same(answers.map(({ status }) => status).toSorted(), [200, ...Array.from({ length: 9 }, () => 409)])
  t.equal((await create(supervisor, 'hi', { shared: true })).status, 200)
  t.equal((await create(supervisor, 'hi', { shared: true })).status, 409)
  t.equal((await create(supervisor, 'hi')).status, 200)
  const { body: other } = await create(ada, 'other')
  t.equal((await chat.put(`admin/canned/${other.id}/`, ada, { shortcut: 'Hi', content: 'a' })).status, 409)
  for (const shortcut of ['', 'two words', '/a', 'x'.repeat(33), 'İ'.repeat(17), 'a\n', 'a\u0000']) {
    t.equal((await create(ada, shortcut)).status, 400)
  }
  for (const shortcut of ['ü_1.b-c', '返品', 'नमस्ते']) t.equal((await create(ada, shortcut)).status, 200)
  for (const content of ['', ' ', 'x'.repeat(10_001)]) t.equal((await create(ada, 'b', { content })).status, 400)
})

t.test('placeholders are filled in as plain text and once, and each use counts', async (t) => {
  const ada = await addAdmin(database, { name: '{{store.name}} $& <b>' })
  const { store, sessionId: session_id } = await openConversation(chat, { name: '{{admin.name}}' })
  const content = 'Hello {{store.name}}, {{ admin.name }} {{store.email}} {{'
  const { body: reply } = await create(ada, 'hello', { content })
  const { body: other } = await create(ada, 'another')
  const use = (id: number, sessionId = session_id) =>
    chat.post(`admin/canned/${id}/use/`, ada, { session_id: sessionId })
  t.strictSame((await use(reply.id)).body, {
    content: 'Hello {{admin.name}}, {{store.name}} $& <b> {{store.email}} {{',
  })
  const uses = await Promise.all(Array.from({ length: 9 }, () => use(reply.id)))
  t.same([...new Set(uses.map(({ status }) => status))], [200])
  await use(other.id)
  const { body } = await chat.get('admin/canned/', ada, { q: 'HELLO' })
  t.match(body.data, [{ id: reply.id, uses: 10 }])
  t.same((await list(ada, { limit: 2 })).slice(0, 2), ['hello', 'another'], 'the most used first')
  t.same(await list(ada, { q: 'text of an' }), ['another'], 'the text is searched, too')
  t.same(await list(ada, { q: '%' }), [])

  const held = await claimConversation(chat)
  t.equal((await use(reply.id, held.sessionId)).status, 403, 'another admin holds that session')
  t.equal((await use(reply.id, Number.MAX_SAFE_INTEGER)).status, 404)
  t.equal((await use(Number.MAX_SAFE_INTEGER)).status, 404)
  t.equal((await chat.post(`admin/canned/${reply.id}/use/`, held.admin, { session_id })).status, 404)
  t.match((await chat.get('admin/canned/', ada, { q: 'hello' })).body.data, [{ uses: 10 }], 'refused ones do not count')
  t.equal((await chat.delete(`admin/canned/${reply.id}/`, ada)).status, 200)
  t.equal((await chat.get('store/messages/', store)).body.data.length, 0, 'nothing is sent by it')
})

t.test(
  'a canned reply that is deleted while it is used is used before, or not found, and leaves no count',
  async (t) => {
    const ada = await addAdmin(database)
    const { sessionId: session_id } = await openConversation(chat)
    for (const isUsedFirst of [true, false]) {
      const { body: reply } = await create(ada, 'going')
      const use = () => chat.post(`admin/canned/${reply.id}/use/`, ada, { session_id })
      await use()
      const lock = await (isUsedFirst ? lockUses(database, reply.id) : lockTable(database, 'canned_reply_use'))
      // The table is locked against the use before it has found the reply, and against the deletion after that.
      const used = await lock.enqueue(use)
      const deleted = await lock.enqueue(() => elsewhere.delete(`admin/canned/${reply.id}/`, ada))
      await lock.release()
      t.match(await deleted.answer, { status: 200 })
      t.match(await used.answer, isUsedFirst ? { status: 200, body: { content: reply.content } } : { status: 404 })
      t.same(await database.query('select from canned_reply_use where canned_reply_id = $1', [reply.id]), [])
      t.equal((await use()).status, 404)
    }
  },
)

t.test('fillIn', async (t) => {
  const names = { 'store.name': 'S', 'admin.name': 'A' }
  t.equal(fillIn('{{store.name}}{{admin.name}}{{store.name}}', names), 'SAS')
  t.equal(fillIn('{{{store.name}}} {{Store.name}} {store.name}', names), '{S} {{Store.name}} {store.name}')
})
