import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { claimConversation, openConversation } from '../../support/chat/conversations.js'
import type { NetworkKind } from '../../support/nodes/network.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { startNode } from '../../support/nodes/node.js'
import { startPair } from '../../support/chat/pair.js'
import { enter, type Payload } from '../../support/clients/socket-client.js'
import { until } from '../../../harness/until.js'

/** They wait most of the time. */
t.jobs = 2

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`presence and typing across two nodes (${kind} pubsub)`, { jobs: 4 }, async (t) => {
    const { here, there, chat } = await startPair(t, { network: kind })

    t.test('online is who has a socket anywhere, offline who has lost the last one', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const forAdmin = await enter(t, here, 'admin', admin)
      const isOfSession = ({ session_id }: Payload) => session_id === sessionId
      const online = { session_id: sessionId, sender_type: 'store', online: true }
      const first = await enter(t, here, 'store', store)
      t.strictSame(await forAdmin.next('presence', isOfSession), online)
      t.strictSame(await first.next('presence'), { ...online, sender_type: 'admin' }, 'one who comes is told as well')
      const second = await enter(t, there, 'store', store)
      const third = await enter(t, there, 'store', store)
      await first.close()
      await second.close()
      // Longer than the grace period for a page reload and the next check.
      await delay(1500)
      t.strictSame(forAdmin.all('presence').filter(isOfSession), [online], 'one socket is enough')
      await third.close()
      t.strictSame(await forAdmin.next('presence', isOfSession), { ...online, online: false })
      await enter(t, there, 'store', store)
      t.strictSame(await forAdmin.next('presence', isOfSession), online)
    })

    t.test('a store is told of the admin who comes to hold its session, and who goes', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const forStore = await enter(t, there, 'store', store)
      const forAdmin = await enter(t, here, 'admin', admin)
      t.match(await forStore.next('presence'), { session_id: sessionId, sender_type: 'admin', online: true })
      await forAdmin.close()
      t.match(await forStore.next('presence'), { online: false })
    })

    t.test('who sees a presence now and did not before is told it', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const [other, third] = [await addAdmin(here.database), await addAdmin(here.database)]
      const forStore = await enter(t, there, 'store', store)
      const [forAdmin, forOther] = [await enter(t, here, 'admin', admin), await enter(t, there, 'admin', other)]
      const ofStore = (online: boolean) => ({ session_id: sessionId, sender_type: 'store', online })
      const ofAdmin = (online: boolean) => ({ session_id: sessionId, sender_type: 'admin', online })
      const isOfSession = ({ session_id }: Payload) => session_id === sessionId
      t.strictSame(await forAdmin.next('presence', isOfSession), ofStore(true))
      t.strictSame(await forStore.next('presence'), ofAdmin(true))
      await here.post('/v1/chat/admin/session/transfer/', {
        ...admin,
        body: { session_id: sessionId, admin_id: other.id },
      })
      t.strictSame(await forOther.next('presence', isOfSession), ofStore(true), 'by a transfer')
      t.strictSame(await forStore.next('presence'), ofAdmin(true), 'the store of its new holder')
      await here.post('/v1/chat/admin/session/release/', { ...other, body: { session_id: sessionId } })
      t.strictSame(await forAdmin.next('presence', isOfSession), ofStore(true), 'by a release')
      await here.post('/v1/chat/admin/session/claim/', { ...third, body: { session_id: sessionId } })
      t.strictSame(await forStore.next('presence'), ofAdmin(false), 'also of one who is away')
    })

    t.test('a store that was there before its session began is shown, also to admins who come later', async (t) => {
      const store = await addStore(here.database)
      const early = await enter(t, here, 'admin', await addAdmin(here.database))
      await enter(t, there, 'store', store)
      const { id } = (await there.get('/v1/chat/store/session/', store)).body
      const isOfSession = ({ session_id }: Payload) => session_id === id
      const online = { session_id: id, sender_type: 'store', online: true }
      t.strictSame(await early.next('presence', isOfSession), online)
      const late = await enter(t, there, 'admin', await addAdmin(here.database))
      t.strictSame(await late.next('presence', isOfSession), online)
    })

    t.test('typing ends for the admins who see the session no longer', async (t) => {
      const { store, admin, sessionId } = await openConversation(chat)
      const next = await addAdmin(here.database)
      const forStore = await enter(t, here, 'store', store)
      const [first, second] = [await enter(t, here, 'admin', admin), await enter(t, there, 'admin', next)]
      const isOfSession = ({ session_id }: Payload) => session_id === sessionId
      const typing = { session_id: sessionId, sender_type: 'store', sender_id: store.id }
      forStore.send('typing', { is_typing: true })
      for (const socket of [first, second]) t.match(await socket.next('typing', isOfSession), { is_typing: true })
      await chat.post('admin/session/claim/', admin, { session_id: sessionId })
      t.strictSame(await second.next('typing', isOfSession), { ...typing, is_typing: false })
      await chat.post('admin/session/transfer/', admin, { session_id: sessionId, admin_id: next.id })
      t.strictSame(await first.next('typing', isOfSession), { ...typing, is_typing: false })
    })

    t.test('typing reaches the other side alone, ends by itself, and is never stored', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const [forStore, other] = [await enter(t, here, 'store', store), await enter(t, there, 'store', store)]
      const forAdmin = await enter(t, there, 'admin', admin)
      const typing = { session_id: sessionId, sender_type: 'store', sender_id: store.id }
      forStore.send('typing', { is_typing: true })
      t.strictSame(await forAdmin.next('typing'), { ...typing, is_typing: true })
      const begunAt = Date.now()
      forStore.send('typing', { is_typing: false })
      t.strictSame(await forAdmin.next('typing'), { ...typing, is_typing: false })
      forStore.send('typing', { is_typing: true })
      await forAdmin.next('typing')
      t.strictSame(await forAdmin.next('typing', undefined, 8000), { ...typing, is_typing: false })
      t.ok(Date.now() - begunAt > 5900)
      forAdmin.send('typing', { session_id: sessionId, is_typing: true })
      for (const socket of [forStore, other]) {
        t.match(await socket.next('typing'), { sender_type: 'admin', sender_id: admin.id, is_typing: true })
      }
      t.equal(forAdmin.all('typing').length, 4)
      const rows = await here.database.query('select from chat_message where session_id = $1', [sessionId])
      t.equal(rows.length, 0)
      const events = await here.database.query('select from chat_session_change where session_id = $1', [sessionId])
      t.equal(events.length, 2)
    })
  })
}

t.test('what could not be written, or was lost, is corrected', async (t) => {
  const node = await startNode(t)
  const chat = createChatClient(node)
  const { store, admin, sessionId } = await claimConversation(chat)
  const gone = await claimConversation(chat)
  const forAdmin = await enter(t, node, 'admin', admin)
  await enter(t, node, 'store', store)
  await forAdmin.next('presence', ({ online }) => online)
  const { query } = node.database
  const readOnline = () => query<{ id: string }>(`select account_id as id from online where side = 'store'`)
  // As after a write that failed when it came and one that failed when it left.
  await query(`delete from online where side = 'store'`)
  await query(`insert into online select 'store', $1, id from chat_node`, [gone.store.id])
  await forAdmin.next('presence', ({ online }) => !online, 20_000)
  t.strictSame(await forAdmin.next('presence', undefined, 20_000), {
    session_id: sessionId,
    sender_type: 'store',
    online: true,
  })
  const isRight = async () => {
    const rows = await readOnline()
    return rows.length === 1 && rows[0]?.id === String(store.id)
  }
  await until(isRight, 20_000, 'the rows are those of who is there')
  // As after a database that was set back.
  await query('delete from chat_node')
  await until(isRight, 20_000, 'the rows are there again')
})
