import t, { type Test } from 'tap'
import { findEpochExpressions } from '../../../src/database/epoch.js'
import { createReconciler } from '../../../src/realtime/delivery/reconciler.js'
import { readDatabaseState } from '../../../src/realtime/positions/recent-events.js'
import { createWatermarkHistory } from '../../../src/realtime/positions/watermark-history.js'
import { addAdmin, type TestAccount } from '../../support/chat/accounts.js'
import { createChatClient, type ChatClient } from '../../support/chat/chat-client.js'
import {
  claimConversation,
  closeConversation,
  openConversation,
  sendMessages,
} from '../../support/chat/conversations.js'
import { createLossyNetwork } from '../../support/nodes/lossy-network.js'
import { startNode } from '../../support/nodes/node.js'
import { startPair } from '../../support/chat/pair.js'
import { endRound, readContents, removeSession, setBack } from '../../support/chat/set-back.js'
import { enter, type Payload, type SocketClient } from '../../support/clients/socket-client.js'
import { until, within } from '../../../harness/until.js'

/** A node notices within its look; beside other tests that takes its time. */
const DEADLINE_MS = 5000

/** What a client holds that takes a reset for a new beginning: content by message id. */
function readAsClient(socket: SocketClient, sessionId: number): Map<number, string> {
  const messages = new Map<number, string>()
  for (const { type, payload } of socket.frames) {
    if (type === 'sync' && payload.session.id === sessionId) {
      if (payload.reset === true) messages.clear()
      for (const { id, content } of payload.messages as Payload[]) messages.set(id, content)
    }
    if (type === 'message' && payload.message.session_id === sessionId) {
      messages.set(payload.message.id, payload.message.content)
    }
  }
  return messages
}

t.test('the database comes back at an earlier state', async (t) => {
  const network = createLossyNetwork(t)
  const { here, there, chat } = await startPair(t, { network })
  const { database } = here
  t.beforeEach(() => network.mend())

  async function converse(t: Test) {
    const { store, admin, sessionId } = await claimConversation(chat)
    const sockets = await Promise.all([
      enter(t, here, 'store', store),
      enter(t, there, 'store', store),
      enter(t, there, 'admin', admin),
    ])
    const sent = await sendMessages(chat, store, 6)
    for (const socket of sockets) await socket.next('message', ({ message }) => message.id === sent[5])
    return { store, admin, sessionId, sockets, sent }
  }

  const convergeOn = (sockets: SocketClient[], sessionId: number) =>
    Promise.all(
      sockets.map((socket) =>
        until(
          async () => {
            const [seen, stored] = [readAsClient(socket, sessionId), await readContents(database, sessionId)]
            return JSON.stringify([...seen]) === JSON.stringify(stored)
          },
          DEADLINE_MS,
          'the socket holds what the database holds',
        ),
      ),
    )

  t.test('every socket is told so, and of everything after it', async (t) => {
    const { store, admin, sessionId, sockets, sent } = await converse(t)
    await setBack(database, sessionId, 4)
    for (const socket of sockets) {
      const sync = await socket.next('sync', undefined, DEADLINE_MS)
      t.match(sync, { reset: true, seq: 4, complete: true, session: { id: sessionId, status: 'claimed' } })
      t.strictSame(
        sync.messages.map(({ id }: Payload) => id),
        sent.slice(0, 2),
      )
    }
    await sendMessages(chat, store, 1)
    await chat.post('admin/message/', admin, { session_id: sessionId, content: 'on both sides' })
    for (const socket of sockets) {
      const live = await socket.next('message', ({ message }) => message.content === 'on both sides')
      t.equal(live.seq, 6)
    }
    await convergeOn(sockets, sessionId)
  })

  for (const [name, isCut] of [
    ['told', false],
    ['not told', true],
  ] as const) {
    t.test(`the lost numbers are given again at once, and the nodes are ${name} of it`, async (t) => {
      const { store, sessionId, sockets } = await converse(t)
      if (isCut) network.cut()
      await setBack(database, sessionId, 4)
      for (let place = 0; place < 6; place++) await chat.post('store/message/', store, { content: `again ${place}` })
      await convergeOn(sockets, sessionId)
      for (const socket of sockets) t.ok(socket.all('sync').some(({ reset }) => reset === true))
    })
  }

  t.test('the next number comes live before any look', async (t) => {
    const { store, sessionId, sockets } = await converse(t)
    network.cut()
    await setBack(database, sessionId, 4)
    for (let place = 0; place < 4; place++) await chat.post('store/message/', store, { content: `unheard ${place}` })
    network.mend()
    await chat.post('store/message/', store, { content: 'in line by its number' })
    await convergeOn(sockets, sessionId)
  })

  t.test('receipts count anew', async (t) => {
    const { store, admin, sessionId, sockets } = await converse(t)
    await chat.post('message/read/', admin, { session_id: sessionId })
    await sockets[0].next('message_status', ({ status }) => status === 'read')
    await setBack(database, sessionId, 4)
    await sockets[0].next('sync', undefined, DEADLINE_MS)
    const [again] = await sendMessages(chat, store, 1)
    const delivered = await sockets[0].next('message_status', ({ up_to_message_id: id }) => id === again, DEADLINE_MS)
    t.match(delivered, { status: 'delivered', by: 'admin' })
  })

  t.test('a store that comes before anybody has noticed gets ready, and what there is', async (t) => {
    const { store, sessionId, sockets } = await converse(t)
    await setBack(database, sessionId, 3)
    const late = await enter(t, here, 'store', store)
    t.match(late.frames[0]?.payload, { session: { id: sessionId, seq: 3 } })
    await sendMessages(chat, store, 1)
    await late.next('message', ({ seq }) => seq === 4, DEADLINE_MS)
    await convergeOn(sockets, sessionId)
  })

  t.test('the messages of an open session, to all admins', async (t) => {
    const { store, sessionId } = await openConversation(chat)
    const admins = await Promise.all(
      [here, there].map(async (node) => enter(t, node, 'admin', await addAdmin(database))),
    )
    const sent = await sendMessages(chat, store, 4)
    for (const socket of admins) await socket.next('message', ({ message }) => message.id === sent[3])
    await setBack(database, sessionId, 2)
    await sendMessages(chat, store, 2)
    await convergeOn(admins, sessionId)
  })

  t.test('a session that was claimed and closed meanwhile is open again', async (t) => {
    const { store, admin, sessionId } = await openConversation(chat)
    const [forStore, forAdmin] = [await enter(t, there, 'store', store), await enter(t, there, 'admin', admin)]
    await chat.post('admin/session/claim/', admin, { session_id: sessionId })
    await chat.post('admin/close/', admin, { session_id: sessionId })
    for (const socket of [forStore, forAdmin]) await socket.next('session_update', ({ seq }) => seq === 3)
    await setBack(database, sessionId, 1)
    await sendMessages(chat, store, 1)
    for (const socket of [forStore, forAdmin]) {
      await socket.next('sync', (sync) => sync.reset === true && sync.session.status === 'open', DEADLINE_MS)
    }
    await convergeOn([forStore, forAdmin], sessionId)
  })

  t.test('a session that is gone: its sockets are sent to find out what there is', async (t) => {
    const { store, sessionId, sockets } = await converse(t)
    await removeSession(database, sessionId)
    for (const socket of sockets) t.equal((await within(DEADLINE_MS, socket.closed)).code, 1001)
    const back = await enter(t, here, 'store', store)
    t.equal(back.frames[0]?.payload.session, null)
    back.send('resume', { sessions: { [sessionId]: 8 } })
    t.match(await back.next('error'), { code: 'not_found', type: 'resume', session_id: sessionId })
    const [first] = await sendMessages(chat, store, 1)
    await back.next('message', ({ message }) => message.id === first)
  })

  t.test('resume', async (t) => {
    const resume = async (chat: ChatClient, account: TestAccount, payload: object) => {
      const socket = await enter(t, chat.node, 'store', account)
      const epoch: string = socket.frames[0]?.payload.epoch
      socket.send('resume', payload)
      const sync = await socket.next('sync')
      await socket.close()
      return { epoch, sync }
    }
    const { store, sessionId } = await openConversation(chat)
    const sent = await sendMessages(chat, store, 5)
    const first = await resume(chat, store, { sessions: { [sessionId]: 4 } })
    t.notOk('reset' in first.sync, 'without an epoch, and with a seq that there is')
    const { epoch } = first
    t.match(epoch, /^[\w-]{16}$/)
    const same = await resume(chat, store, { sessions: { [sessionId]: 4 }, epoch })
    t.notOk('reset' in same.sync)
    t.equal(same.sync.messages.length, 2)
    t.equal(same.epoch, epoch)
    const other = await resume(chat, store, { sessions: { [sessionId]: 4 }, epoch: 'of another history' })
    t.match(other.sync, { reset: true, seq: 6, complete: true })
    t.strictSame(
      other.sync.messages.map(({ id }: Payload) => id),
      sent,
    )
    const ahead = await resume(chat, store, { sessions: { [sessionId]: 7 }, epoch })
    t.match(ahead.sync, { reset: true, seq: 6, messages: { length: 5 } })
  })

  t.test('a session of more than 200 messages begins anew with the newest of them', async (t) => {
    const { store, sessionId } = await openConversation(chat)
    await database.query(
      `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
       select $1, place + 1, 'store', $2, place, '', '', now() from generate_series(1, 250) place`,
      [sessionId, store.id],
    )
    await database.query('update chat_session set seq = 251 where id = $1', [sessionId])
    const socket = await enter(t, here, 'store', store)
    socket.send('resume', { sessions: { [sessionId]: 999 } })
    const { messages, ...sync } = await socket.next('sync')
    t.match(sync, { reset: true, seq: 251, complete: false })
    t.strictSame([messages.length, messages[0].content, messages[199].content], [200, '51', '250'])
  })
})

t.test('a session that had ended before anybody came is active again', async (t) => {
  const node = await startNode(t)
  const { database } = node
  const chat = createChatClient(node)
  const { store, admin, sessionId } = await closeConversation(chat)
  const [forStore, forAdmin] = [await enter(t, node, 'store', store), await enter(t, node, 'admin', admin)]
  const { db, hub } = node.app
  const epoch = await findEpochExpressions(db)
  const opened = { ...(await readDatabaseState(db, epoch)), run: 'the run before the restart' }
  const watermarks = createWatermarkHistory(opened, 1000)
  const sweep = createReconciler(db, epoch, hub, {
    ...{ opened, watermarks, overlapMs: 1000 },
    counts: hub.deliveries,
  })
  // The node's own reconciler knows nothing of a restart: in a round now, it would deliver the rest of the session as new.
  await endRound(hub)
  await setBack(database, sessionId, 2)
  await sweep()
  for (const socket of [forStore, forAdmin]) {
    const sync = await socket.next('sync', undefined, DEADLINE_MS)
    t.match(sync, { reset: true, seq: 2, session: { id: sessionId, status: 'claimed', admin_id: admin.id } })
  }
  t.equal((await within(DEADLINE_MS, forAdmin.closed)).code, 1001, 'it may know sessions that the node has forgotten')
  await sendMessages(chat, store, 1)
  t.equal((await forStore.next('message')).seq, 3)
})
