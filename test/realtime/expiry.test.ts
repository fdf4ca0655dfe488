import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { enter } from '../support/clients/socket-client.js'
import { within } from '../../harness/until.js'

t.test('a socket ends when its token expires, however seldom sockets are pinged', async (t) => {
  const node = await startNode(t, { config: { socketPingIntervalMs: 600_000 } })
  const [store, other] = [await addStore(node.database), await addStore(node.database)]
  await node.database.query(`update access_token set expires_at = now() + interval '2 seconds' where id = $1`, [
    store.tokenId,
  ])
  const [ending, staying] = [await enter(t, node, 'store', store), await enter(t, node, 'store', other)]
  t.equal((await within(10_000, ending.closed, 'the socket is closed')).code, 4001)
  staying.send('ping')
  await staying.next('pong')
})
