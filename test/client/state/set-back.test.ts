import t from 'tap'
import type { AdminClient, Message, StoreClient } from '../../../src/client/index.js'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { readContents, removeSession, setBack } from '../../support/chat/set-back.js'
import { until } from '../../../harness/until.js'
import { list, watchAdmin, watchStore } from '../support/connect.js'
import { startProxy } from '../support/proxy.js'

const node = await startNode(t)
const { database } = node

/** Collects messages as an application does, from events alone. */
function follow(client: StoreClient | AdminClient) {
  const messages = new Map<number, Message>()
  const drop = (sessionId: number) => {
    for (const { id, session_id } of messages.values()) if (session_id === sessionId) messages.delete(id)
  }
  const keep = (message: Message) => messages.set(message.id, message)
  client.on('message', keep)
  client.on('reset', (reset) => {
    drop(reset.session.id)
    reset.messages.forEach(keep)
  })
  client.on('gone', ({ session_id }) => drop(session_id))
  return () => [...messages.values()].map(({ id, content }): [number, string] => [id, content])
}

t.test('the database is set back: those who were there and those who were away come to what it holds', async (t) => {
  const [storeAccount, adminAccount] = await Promise.all([addStore(database), addAdmin(database)])
  const [way, adminWay] = await Promise.all([startProxy(t, node), startProxy(t, node)])
  const [tab, phone] = [watchStore(t, node, storeAccount), watchStore(t, way, storeAccount)]
  const admin = watchAdmin(t, adminWay, adminAccount)
  const kept = [tab, phone, admin].map(({ client }) => follow(client))
  await Promise.all([tab, phone, admin].map((client) => client.reaches('online')))
  const { session_id } = await tab.client.send({ content: 'kept' })
  await admin.client.claim(session_id)
  await admin.client.send({ session_id, content: 'kept answer' })
  const [before] = await database.query<{ seq: string }>('select seq from chat_session where id = $1', [session_id])
  for (const content of list(3, 'lost')) await tab.client.send({ content })
  await until(() => kept.every((contents) => contents().length === 5), 5000, 'all are told')

  for (const lost of [way, adminWay]) {
    lost.lead(undefined)
    lost.cut()
  }
  await Promise.all([phone, admin].map((client) => client.reaches('offline')))
  await setBack(database, session_id, Number(before?.seq))
  await tab.client.send({ content: 'new' })
  way.lead(node)
  adminWay.lead(node)
  await Promise.all([phone, admin].map((client) => client.reaches('online')))
  await admin.client.send({ session_id, content: 'new answer' })
  const held = await readContents(database, session_id)
  t.same(
    held.map(([, content]) => content),
    ['kept', 'kept answer', 'new', 'new answer'],
  )
  for (const contents of kept) {
    await until(() => contents().some(([, content]) => content === 'new answer'), 10_000, 'all are told')
    t.same(contents(), held)
  }
})

t.test('a session that was made after the backup is gone, and the next message begins another', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  const contents = follow(store.client)
  const { session_id } = await store.client.send({ content: 'lost' })
  await removeSession(database, session_id)
  const next = await store.client.send({ content: 'new' })
  t.not(next.session_id, session_id)
  await until(() => store.told.gone.length > 0, 10_000, 'it is told')
  t.match(store.told.gone, [{ session_id }])
  await until(() => contents().length > 0, 5000)
  t.same(contents(), [[next.id, 'new']])
})

t.test('a client keeps to the limits that the server announces', async (t) => {
  const node = await startNode(t, {
    config: { socketFrameBytes: 1024, socketLimits: { bufferBytes: 1_048_576, framesPerSecond: 20, frameBurst: 4 } },
  })
  const admin = watchAdmin(t, node, await addAdmin(node.database))
  await admin.reaches('online')
  await t.rejects(admin.client.send({ session_id: 1, content: 'x'.repeat(1024) }), { code: 'too_large' })
  const sends = list(12, 'to nobody').map((content, index) =>
    admin.client.send({ session_id: 1_000_000 + index, content }).catch((error: unknown) => error),
  )
  for (const answer of await Promise.all(sends)) t.match(answer, { code: 'not_found' })
  t.same(admin.told.state, ['online'])
})
