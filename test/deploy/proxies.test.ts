import { randomBytes } from 'node:crypto'
import { request } from 'node:https'
import { text as readText } from 'node:stream/consumers'
import t from 'tap'
import { proxies } from '../../harness/configure-proxy.js'
import { findProxy, startProxy } from '../../harness/start-proxy.js'
import { addStore } from '../support/chat/accounts.js'
import { enter } from '../support/clients/socket-client.js'
import { startNode } from '../support/nodes/node.js'
import { createTempFolder } from '../support/temp-folder.js'

/** Nobody has signed the certificate. */
const unsigned = { rejectUnauthorized: false }
const unsignedSocket = { ...unsigned, inQuery: true }

interface Answer {
  status: number | undefined
  retryAfter: string | undefined
  text: string
}

function get(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...unsigned, host: 'localhost', port, path }, (response) => {
      const { statusCode: status, headers } = response
      readText(response).then((text) => resolve({ status, retryAfter: headers['retry-after'], text }), reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

const unavailable = { status: 503, retryAfter: /^\d+$/, text: /^\{"success":false,"message":".+"\}$/ }

for (const name of proxies) {
  const skip = (await findProxy(name)) === undefined && `there is no ${name}`
  t.test(`${name}, with its configuration in deploy/`, { skip }, async (t) => {
    const first = await startNode(t)
    const second = await startNode(t, { database: first.database })
    const ports = [first, second].map(({ origin }) => Number(new URL(origin).port))
    const { port, readLog, stop } = await startProxy(name, ports, await createTempFolder(t))
    t.teardown(stop)
    const proxy = { origin: `https://localhost:${port}` }
    const store = await addStore(first.database)
    const fileId = randomBytes(16).toString('hex')
    const filePath = `/v1/chat/files/${fileId}/photo.jpg`
    const socketPath = `/v1/chat/ws/store/?token=${store.token}`

    const join = () => enter(t, proxy, 'store', store, unsignedSocket)
    const sockets = [await join(), await join()]
    t.match(await get(port, filePath), { status: 404 })

    await second.app.close()
    const { code } = await Promise.race(sockets.map(({ closed }) => closed))
    t.equal(code, 1001, 'the end of a node reaches its socket')
    const open = sockets.filter(({ socket }) => socket.readyState === socket.OPEN)
    t.equal(open.length, 1, 'the other socket is on the other node')
    await join()

    first.app.drain()
    for (let time = 0; time < 3; time++)
      t.match(await get(port, filePath), unavailable, 'a node that refuses is not taken out')
    await first.app.close()
    t.match(await get(port, socketPath), unavailable, 'there is no node any more')
    t.match(await get(port, filePath), unavailable)

    await stop()
    const log = await readLog()
    t.match(log, '/v1/chat/ws/store/', 'requests are logged')
    t.notMatch(log, store.token, 'no token is')
    t.notMatch(log, fileId, 'and no address of a file')
  })
}
