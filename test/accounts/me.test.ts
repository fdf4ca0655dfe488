import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { startNode } from '../support/nodes/node.js'

const socketLimits = { bufferBytes: 2 ** 20, framesPerSecond: 7, frameBurst: 9 }
const node = await startNode(t, { config: { socketFrameBytes: 2048, socketLimits } })
const chat = createChatClient(node)
const limits = { frame_bytes: 2048, frames_per_second: 7, frame_burst: 9 }

t.test('both sides learn who they are, and the limits of their sockets', async (t) => {
  const store = await addStore(node.database, { name: 'Tech Störe' })
  const admin = await addAdmin(node.database, { name: 'Ada' })
  const ofStore = await chat.get('me/', store)
  t.strictSame(ofStore.body, { side: 'store', id: store.id, name: 'Tech Störe', limits })
  t.equal(ofStore.headers['cache-control'], 'no-store')
  t.strictSame((await chat.get('me/', admin)).body, { side: 'admin', id: admin.id, name: 'Ada', role: 'agent', limits })
})

t.test('a name that changes is the new one', async (t) => {
  const store = await addStore(node.database, { name: 'Before' })
  t.equal((await chat.get('me/', store)).body.name, 'Before')
  await node.database.query(`update store set name = 'After' where id = $1`, [store.id])
  t.equal((await chat.get('me/', store)).body.name, 'After')
})

t.test('without a token it tells nothing', async (t) => {
  t.match(await node.get('/v1/chat/me/'), { status: 401, text: '{"success":false,"message":"Unauthorized"}' })
})
