import t from 'tap'
import { addStore } from '../support/accounts.js'
import { startNode } from '../support/node.js'

const node = await startNode(t)
const { database } = node

t.test('a store without a session gets a new one', async (t) => {
  const store = await addStore(database)
  const { status, body } = await node.get('/v1/chat/store/session/', { token: store.token })
  t.equal(status, 200)
  t.match(body, { store_id: store.id, status: 'open' })
})
