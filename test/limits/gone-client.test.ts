import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import t from 'tap'
import { MAX_CONCURRENT } from '../../src/limits/account-work.js'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { captureStatements } from '../support/databases/statements.js'
import { until } from '../../harness/until.js'

t.test('a request whose client has gone while it waited is not handled', async (t) => {
  const node = await startNode(t)
  const { accountWork, server } = node.app
  const store = await addStore(node.database)
  await node.get('/v1/chat/store/session/', store)
  const account = `store:${store.id}`
  for (let place = 0; place < MAX_CONCURRENT; place++) await accountWork.begin(account)

  let isWaiting = false
  const { begin } = accountWork
  accountWork.begin = (name) => {
    isWaiting = true
    return begin(name)
  }
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>
  const request = get(`${node.origin}/v1/chat/store/messages/`, { headers: { authorization: `Token ${store.token}` } })
  request.on('error', () => undefined)
  const [{ socket }] = await arrived
  await until(() => isWaiting, 5000, 'the request waits for its turn')
  request.destroy()
  await until(() => socket.destroyed, 5000, 'the node knows that the client has gone')
  const statements = captureStatements(t)
  for (let place = 0; place < MAX_CONCURRENT; place++) accountWork.end(account)
  await until(() => accountWork.size() === 0, 5000, 'the request has ended')
  t.notOk(statements.some(({ text }) => text.includes('chat_message')))
})
