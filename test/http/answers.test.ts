import { once } from 'node:events'
import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { exchangeRaw, openRawConnection } from '../support/clients/raw-http.js'

const node = await startNode(t, { config: { corsOrigins: ['https://shop.example'] } })
const { database } = node
const path = '/v1/chat/store/session/'

t.test('what there is no route for is 404', async (t) => {
  const paths = ['/', '/v1', '/v1/chat/', '/v1/chat/store/', '/v1/chat/store/session/1/', '/v1/chat/store//session/']
  for (const unknown of [...paths, '/V1/chat/store/session/', '/v2/chat/store/session/', `/${'x'.repeat(4000)}`]) {
    const { status, headers, text } = await node.get(unknown)
    t.equal(status, 404, unknown)
    t.equal(text, '{"success":false,"message":"Not found"}', unknown)
    t.ok(headers['x-request-id'])
    t.equal(headers['cache-control'], 'no-store')
  }
})

t.test('a path that cannot be read is 400', async (t) => {
  for (const broken of ['/v1/chat/%', '/v1/chat/%zz/', '/%c3%28']) {
    const { status, headers, text } = await node.get(broken)
    t.equal(status, 400, broken)
    t.equal(text, '{"success":false,"message":"The URL is not valid"}', 'the URL is not repeated')
    t.ok(headers['x-request-id'])
  }
})

t.test('an expectation that nobody can meet is refused in the standard body', async (t) => {
  const answer = await node.get(path, { headers: { expect: 'a miracle' } })
  t.match(answer, { status: 417, text: '{"success":false,"message":"Expectation Failed"}' })
  t.ok(answer.headers['x-request-id'])
})

t.test('every answer has a request id of its own, or the one that was given', async (t) => {
  const ids = await Promise.all(Array.from({ length: 20 }, async () => (await node.get(path)).headers['x-request-id']))
  t.equal(new Set(ids).size, 20)
  const given = await node.get(path, { headers: { 'x-request-id': 'order-7.a:b_c' } })
  t.equal(given.headers['x-request-id'], 'order-7.a:b_c')
  for (const bad of ['', 'a b', '<script>', 'x'.repeat(65), 'ä']) {
    const { headers } = await node.get(path, { headers: { 'x-request-id': bad } })
    t.match(headers['x-request-id'], /^[\w-]+$/, 'anything else is replaced')
    t.not(headers['x-request-id'], bad)
  }
})

t.test('answers are not cached, and carry security headers', async (t) => {
  const { headers } = await node.get(path, await addStore(database))
  t.match(headers, {
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-security-policy': String,
  })
})

t.test('only what came over TLS binds a browser to it', async (t) => {
  const proxied = await startNode(t, { database, config: { trustProxy: ['127.0.0.1'] } })
  const paths = [
    '/v1/chat/me/',
    '/health/live/',
    '/docs/',
    '/docs/json',
    '/console/',
    '/chat/',
    '/widget/',
    '/nowhere/',
  ]
  for (const path of paths) {
    for (const proto of ['http', 'https', 'x']) {
      const forwarded = { 'x-forwarded-proto': proto }
      for (const { origin, get } of [node, proxied]) {
        const { headers } = await get(path, { headers: forwarded })
        const isSecure = origin === proxied.origin && proto === 'https'
        t.equal(headers['strict-transport-security'] !== undefined, isSecure, `${path} ${proto}`)
        t.ok(headers['x-content-type-options'])
        if (!isSecure) t.notMatch(headers['content-security-policy'], /upgrade-insecure-requests/, path)
      }
    }
  }
})

t.test('the pages of the origins that are configured may call, no others', async (t) => {
  const ask = async (origin: string) => (await node.get(path, { headers: { origin } })).headers
  t.equal((await ask('https://shop.example'))['access-control-allow-origin'], 'https://shop.example')
  t.equal((await ask('https://evil.example'))['access-control-allow-origin'], undefined)
  const headers = { origin: 'https://shop.example', 'access-control-request-method': 'GET' }
  const preflight = await node.request('OPTIONS', path, { headers })
  t.equal(preflight.status, 204)
})

t.test('what is not HTTP behind a request is refused after its answer', async (t) => {
  const { token } = await addStore(database)
  const connection = await openRawConnection(t, node)
  const head = `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Token ${token}\r\n\r\n`
  connection.write(`${head}${head}NONSENSE\r\n\r\n`)
  t.match(await connection.next(), { status: 200 })
  t.match(await connection.next(), { status: 200 })
  t.match(await connection.next(), { status: 400, text: '{"success":false,"message":"Bad Request"}' })
  await connection.ended
})

t.test('a body that is not HTTP is refused', async (t) => {
  const { token } = await addStore(database)
  const headers = `Host: a\r\nAuthorization: Token ${token}\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json`
  const bytes = `POST /v1/chat/store/message/ HTTP/1.1\r\n${headers}\r\n\r\nzz\r\n`
  t.match(await exchangeRaw(t, node, bytes), { status: 400, text: '{"success":false,"message":"Bad Request"}' })
})

t.test('what is not HTTP gets the standard body too', async (t) => {
  const broken = [
    'NONSENSE\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  ]
  for (const bytes of [...broken, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n']) {
    const socket = connect(Number(new URL(node.origin).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(bytes)
    const answer = await readText(socket)
    t.match(answer, /^HTTP\/1\.1 4\d\d /)
    t.match(answer, /\r\nX-Request-Id: \S+\r\n/)
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as object
    t.match(body, { success: false, message: String })
    t.equal(Object.keys(body).length, 2)
  }
  t.equal((await node.get('/health/live/')).status, 200, 'and the node goes on')
})
