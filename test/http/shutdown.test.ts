import { once } from 'node:events'
import t from 'tap'
import { Client } from 'pg'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { openRawConnection } from '../support/clients/raw-http.js'
import { within } from '../../harness/until.js'

t.test('a request behind a preflight is finished when the node closes', async (t) => {
  const node = await startNode(t, { config: { corsOrigins: ['https://shop.test'] } })
  const { token } = await addStore(node.database)
  const [connection, silent] = await Promise.all([openRawConnection(t, node), openRawConnection(t, node)])
  const origin = 'Host: chat.test\r\nOrigin: https://shop.test\r\n'
  const path = '/v1/chat/store/session/ HTTP/1.1\r\n'
  connection.write(`OPTIONS ${path}${origin}Access-Control-Request-Method: GET\r\n\r\n`)
  t.match(await connection.next(), { status: 204 })

  const release = await lockSessions(node.database.url)
  const hasBegun = once(node.app.server, 'request')
  connection.write(`GET ${path}${origin}Authorization: Token ${token}\r\n\r\n`)
  await hasBegun
  const closed = node.app.close()
  await within(5000, silent.ended, 'idle connections are closed')
  await release()
  t.match(await connection.next(), { status: 200 })
  await closed
})

async function lockSessions(url: string): Promise<() => Promise<void>> {
  const client = new Client(url)
  await client.connect()
  await client.query('begin')
  await client.query('lock table chat_session')
  return () => client.end()
}
