import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { claimConversation } from '../support/conversations.js'
import type { NetworkKind } from '../support/network.js'
import { startPair } from '../support/pair.js'
import { enter } from '../support/socket-client.js'

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`presence and typing across two nodes (${kind} relay)`, { jobs: 4 }, async (t) => {
    const { here, there, chat } = await startPair(t, { network: kind })

    t.test('online is who has a socket anywhere, offline who has lost the last one', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const forAdmin = await enter(t, here, 'admin', admin)
      const online = { session_id: sessionId, sender_type: 'store', online: true }
      const first = await enter(t, here, 'store', store)
      t.strictSame(await forAdmin.next('presence'), online)
      t.strictSame(await first.next('presence'), { ...online, sender_type: 'admin' }, 'one who comes is told as well')
      const second = await enter(t, there, 'store', store)
      const third = await enter(t, there, 'store', store)
      await first.close()
      await second.close()
      // Longer than a node waits for a page that is reloaded, and than it takes to look again.
      await delay(1500)
      t.strictSame(forAdmin.all('presence'), [online], 'one socket is enough')
      await third.close()
      t.strictSame(await forAdmin.next('presence'), { ...online, online: false })
      await enter(t, there, 'store', store)
      t.strictSame(await forAdmin.next('presence'), online)
    })

    t.test('a store is told of the admin who comes to hold its session, and who goes', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const forStore = await enter(t, there, 'store', store)
      const forAdmin = await enter(t, here, 'admin', admin)
      t.match(await forStore.next('presence'), { session_id: sessionId, sender_type: 'admin', online: true })
      await forAdmin.close()
      t.match(await forStore.next('presence'), { online: false })
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
