import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { exchangeRaw, openRawConnection, type RawAnswer } from '../support/clients/raw-http.js'
import { enter } from '../support/clients/socket-client.js'
import { within } from '../../harness/until.js'

const node = await startNode(t)
const store = await addStore(node.database)

/** A request as bytes. */
function write(head: string, headers: string[] = [], body = ''): string {
  const length = body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]
  return [head, 'Host: chat.test', ...headers, ...length, '', body].join('\r\n')
}
const authorization = `Authorization: Token ${store.token}`
const h2c = [
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
]
const handshake = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]
const get = write('GET /v1/chat/store/session/ HTTP/1.1', [authorization])
const post = (content: string, headers: string[] = []) =>
  write('POST /v1/chat/store/message/ HTTP/1.1', [authorization, ...headers], JSON.stringify({ content }))
const contentOf = (answer: RawAnswer | undefined) =>
  (JSON.parse(answer?.text ?? '{}') as { message?: { content: string } }).message?.content

/** The server's side of the next connection. */
async function acceptConnection(): Promise<Socket> {
  const [socket] = (await once(node.app.server, 'connection')) as [Socket]
  return socket
}

/** A client that sends bytes and never closes its side. */
async function openHalf(t: Test, bytes: string): Promise<void> {
  const socket = connect({ port: Number(new URL(node.origin).port), host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.resume().write(bytes)
  await once(socket, 'connect')
}

t.test('an upgrade to a protocol that is not spoken here is ignored, and the connection goes on', async (t) => {
  const connection = await openRawConnection(t, node)
  for (const upgrade of [h2c, ['Connection: upgrade', 'Upgrade: TLS/1.0'], ['Connection: Upgrade', 'Upgrade: a, b']]) {
    connection.write(write('GET /v1/chat/store/session/ HTTP/1.1', [authorization, ...upgrade]))
    t.match(await connection.next(), { status: 200, text: /"status":"open"/ })
    connection.write(post('wörld 世界', upgrade))
    t.equal(contentOf(await connection.next()), 'wörld 世界')
    connection.write(get)
    t.match(await connection.next(), { status: 200 })
  }
})

t.test('a large body in many pieces, and one in chunks, are read behind an upgrade that is ignored', async (t) => {
  const connection = await openRawConnection(t, node)
  const content = 'x'.repeat(9000)
  const bytes = Buffer.from(post(content, h2c))
  for (let place = 0; place < bytes.length; place += 1000) {
    connection.write(bytes.subarray(place, place + 1000))
    await new Promise(setImmediate)
  }
  t.equal(contentOf(await connection.next()), content)
  const chunked = ['Transfer-Encoding: chunked', 'Content-Type: application/json']
  connection.write(write('POST /v1/chat/store/message/ HTTP/1.1', [authorization, ...h2c, ...chunked]))
  connection.write('11\r\n{"content":"one t\r\n')
  connection.write('5\r\nwo"} \r\n0\r\n\r\n')
  t.equal(contentOf(await connection.next()), 'one two')
})

t.test('pipelined requests with upgrades that are ignored are answered in their order', async (t) => {
  const connection = await openRawConnection(t, node)
  connection.write([post('1'), post('2', h2c), post('3', h2c), post('4'), get].join(''))
  for (const content of ['1', '2', '3', '4']) t.equal(contentOf(await connection.next()), content)
  t.match(await connection.next(), { status: 200 })
})

t.test('a handshake behind a pipelined request opens a socket once that is answered', async (t) => {
  const connection = await openRawConnection(t, node)
  connection.write(post('first') + write('GET /v1/chat/ws/store/ HTTP/1.1', [authorization, ...handshake]))
  t.equal(contentOf(await connection.next()), 'first')
  t.match(await connection.next(), { status: 101 })
})

t.test('the answer that opens a socket has a request id of its own, or the one that was given', async (t) => {
  const open = (...headers: string[]) =>
    exchangeRaw(t, node, write('GET /v1/chat/ws/store/ HTTP/1.1', [authorization, ...handshake, ...headers]))
  t.match(await open(), { status: 101, headers: { 'x-request-id': /^[\w-]+$/ } })
  t.match(await open('X-Request-Id: mine'), { status: 101, headers: { 'x-request-id': 'mine' } })
  t.match(await open('X-Request-Id: a b'), { status: 101, headers: { 'x-request-id': /^[\w-]+$/ } })
})

t.test('a connection that is cut at an upgrade harms nobody', async (t) => {
  for (const bytes of [post('cut', h2c).slice(0, -5), get + post('cut', h2c).slice(0, -5)]) {
    const connection = await openRawConnection(t, node)
    connection.write(bytes)
    connection.cut()
  }
  t.equal((await node.get('/health/live/')).status, 200)
})

t.test('a connection that is cut at a CONNECT harms nobody', async (t) => {
  const connect = write('CONNECT example.com:443 HTTP/1.1')
  for (const bytes of [connect, get + connect]) {
    const connection = await openRawConnection(t, node)
    connection.write(bytes)
    connection.cut()
  }
  const answered = await openRawConnection(t, node)
  answered.write(connect)
  t.match(await answered.next(), { status: 501 })
  answered.cut()
  t.equal((await node.get('/health/live/')).status, 200)
})

t.test('a refused connection is closed, whether or not the client closes it', async (t) => {
  const refused = [
    write('CONNECT example.com:443 HTTP/1.1'),
    write('GET /v1/chat/ws/store/ HTTP/1.1', [authorization, ...handshake.slice(0, 3)]),
    write('GET /v1/chat/%zz HTTP/1.1', handshake),
    'no HTTP\r\n\r\n',
  ]
  for (const bytes of refused) {
    const [socket] = await Promise.all([acceptConnection(), openHalf(t, bytes)])
    if (!socket.destroyed) await within(5000, once(socket, 'close'), 'the connection is closed')
  }
})

t.test('a connection with many upgrades that are ignored gathers no listeners', async (t) => {
  const [socket, connection] = await Promise.all([acceptConnection(), openRawConnection(t, node)])
  const upgradeTimes = async (times: number) => {
    for (let time = 0; time < times; time++) {
      connection.write(write('GET /health/live/ HTTP/1.1', h2c))
      t.match(await connection.next(), { status: 200 })
    }
    return socket.eventNames().map((name) => [name, socket.listenerCount(name)])
  }
  t.strictSame(await upgradeTimes(5), await upgradeTimes(2))
})

t.test('a handshake on a path that is no socket is 404 before the upgrade', async (t) => {
  const paths = ['/health/live/', '/v1/chat/store/session/', '/v1/chat/admin/sessions/open/', '/docs/json', '/docs/']
  for (const path of [...paths, '/console/', '/widget.js', '/nowhere/', '/', '/v1/chat/ws/']) {
    const connection = await openRawConnection(t, node)
    connection.write(write(`GET ${path}?token=${store.token} HTTP/1.1`, [authorization, ...handshake]))
    const answer = await connection.next()
    t.match(answer, { status: 404, text: '{"success":false,"message":"Not found"}' }, path)
    t.ok(answer?.headers['x-request-id'])
    t.equal(answer?.headers['connection'], 'close')
    await connection.ended
  }
  t.same(await node.database.query('select id from chat_session where store_id = 0'), [])
})

t.test('a faulty handshake is refused in the standard body', async (t) => {
  const path = '/v1/chat/ws/store/'
  const without = (name: string) => handshake.filter((header) => !header.startsWith(name))
  const faulty: [status: number, head: string, headers: string[]][] = [
    [400, `GET ${path} HTTP/1.1`, without('Sec-WebSocket-Key')],
    [400, `GET ${path} HTTP/1.1`, [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: short']],
    [400, `GET ${path} HTTP/1.1`, without('Sec-WebSocket-Version')],
    [400, `GET ${path} HTTP/1.1`, [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 12']],
    [400, `GET ${path} HTTP/1.1`, [...handshake, 'Sec-WebSocket-Protocol: a,,b']],
    [426, `GET ${path} HTTP/1.1`, without('Upgrade')],
    [426, `GET ${path} HTTP/1.1`, without('Connection')],
    [426, `GET ${path} HTTP/1.1`, [...without('Upgrade'), 'Upgrade: h2c']],
    [426, `GET ${path} HTTP/1.0`, handshake],
    [405, `POST ${path} HTTP/1.1`, handshake],
  ]
  for (const [status, head, headers] of faulty) {
    const answer = await exchangeRaw(t, node, write(head, [authorization, 'X-Request-Id: mine', ...headers]))
    const what = `${head} ${headers.join(', ')}`
    t.equal(answer?.status, status, what)
    t.equal(answer?.headers['x-request-id'], 'mine', what)
    const body = JSON.parse(answer?.text ?? '') as object
    t.match(body, { success: false, message: /^[\w -]+$/ }, what)
    t.strictSame(Object.keys(body), ['success', 'message'])
    if (status === 426) t.equal(answer?.headers['upgrade'], 'websocket')
  }
  await enter(t, node, 'store', store)
})

t.test('CONNECT is refused in the standard body', async (t) => {
  const answer = await exchangeRaw(t, node, write('CONNECT example.com:443 HTTP/1.1'))
  t.match(answer, { status: 501, text: '{"success":false,"message":"Not Implemented"}' })
  t.ok(answer?.headers['x-request-id'])
})
