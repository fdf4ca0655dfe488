import { once } from 'node:events'
import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import t from 'tap'
import { addStore } from '../support/accounts.js'
import { startNode } from '../support/node.js'

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

t.test('other methods are refused in the standard body, and nothing is created', async (t) => {
  const store = await addStore(database)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']) {
    const { status } = await node.request(method, path, { token: store.token })
    t.ok([404, 405].includes(status), `${method} ${status}`)
  }
  const head = await node.request('HEAD', path, { token: store.token }).catch((error: unknown) => error)
  t.match(head, { message: /^A 40[45] without the standard error body: $/ }, 'HEAD is not offered, and has no body')
  t.same(await database.query('select id from chat_session where store_id = $1', [store.id]), [])
})

t.test('OPTIONS is offered only to the pages of configured origins', async (t) => {
  const withoutOrigins = await startNode(t, { database: node.database })
  t.match(await withoutOrigins.request('OPTIONS', path), { status: 404 })
  t.match(await node.request('OPTIONS', path), { status: 204 })
})

t.test('a path that cannot be read is 400', async (t) => {
  for (const broken of ['/v1/chat/%', '/v1/chat/%zz/', '/%c3%28']) {
    const { status, headers } = await node.get(broken)
    t.equal(status, 400, broken)
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
    'strict-transport-security': String,
    'content-security-policy': String,
  })
})

t.test('the pages of the origins that are configured may call, no others', async (t) => {
  const ask = async (origin: string) => (await node.get(path, { headers: { origin } })).headers
  t.equal((await ask('https://shop.example'))['access-control-allow-origin'], 'https://shop.example')
  t.equal((await ask('https://evil.example'))['access-control-allow-origin'], undefined)
  const headers = { origin: 'https://shop.example', 'access-control-request-method': 'GET' }
  const preflight = await node.request('OPTIONS', path, { headers })
  t.equal(preflight.status, 204)
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
