import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import type { OpenApiDocument } from '../support/chat/chat-client.js'
import { startNode } from '../support/nodes/node.js'

const origin = 'https://shop.example'
const node = await startNode(t, { config: { corsOrigins: [origin], platformToken: 'platform-token-for-tests' } })
const { paths = {} } = node.app.swagger() as unknown as OpenApiDocument

t.test('every route answers the preflights of the origins that may call, without a token', async (t) => {
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods).map((name) => name.toUpperCase())) {
      const { status, headers, text } = await node.request('OPTIONS', path.replace('{id}', '1'), {
        headers: {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': 'authorization,content-type,idempotency-key',
        },
      })
      const expected = {
        status: 204,
        text: '',
        origin,
        isAllowed: true,
        headers: 'authorization,content-type,idempotency-key',
        maxAge: '7200',
      }
      const found = {
        status,
        text,
        origin: headers['access-control-allow-origin'],
        isAllowed: String(headers['access-control-allow-methods']).split(', ').includes(method),
        headers: headers['access-control-allow-headers'],
        maxAge: headers['access-control-max-age'],
      }
      t.strictSame(found, expected, `${method} ${path}`)
    }
  }
})

t.test('a page can read refusals, and the headers that tell it what to do', async (t) => {
  const [store, admin] = [await addStore(node.database), await addAdmin(node.database)]
  const expectReadable = async (status: number, method: string, path: string, options: object = {}) => {
    const answer = await node.request(method, path, { ...options, headers: { origin } })
    t.equal(answer.status, status)
    t.equal(answer.headers['access-control-allow-origin'], origin, String(status))
    const exposed = String(answer.headers['access-control-expose-headers']).toLowerCase().split(', ')
    t.strictSame(exposed.sort(), ['retry-after', 'x-request-id'], String(status))
  }
  await expectReadable(200, 'GET', '/v1/chat/store/session/', store)
  await expectReadable(400, 'POST', '/v1/chat/store/message/', { ...store, body: {} })
  await expectReadable(400, 'GET', '/v1/chat/%zz/', store)
  await expectReadable(401, 'GET', '/v1/chat/store/session/')
  await expectReadable(403, 'GET', '/v1/chat/store/session/', admin)
  await expectReadable(404, 'GET', '/v1/chat/nowhere/', store)
  await expectReadable(405, 'DELETE', '/v1/chat/store/session/', store)
  await expectReadable(413, 'POST', '/v1/chat/store/message/', { ...store, body: 'x'.repeat(200_000) })
  node.app.drain()
  await expectReadable(503, 'GET', '/v1/chat/store/session/', store)
})

t.test('other origins are told nothing', async (t) => {
  const { headers } = await node.get('/v1/chat/me/', { headers: { origin: 'https://evil.example' } })
  t.equal(headers['access-control-allow-origin'], undefined)
})

t.test('a URL that cannot be decoded is readable by the same origins as any other answer', async (t) => {
  const allowing = ['access-control-allow-origin', 'access-control-expose-headers', 'vary']
  for (const corsOrigins of [[], ['*'], ['https://a.example', 'https://b.example']]) {
    const { get } = await startNode(t, { database: node.database, config: { corsOrigins } })
    for (const origin of ['https://b.example', 'https://c.example', undefined]) {
      const read = async (path: string) => {
        const { headers } = await get(path, { headers: origin === undefined ? {} : { origin } })
        return allowing.map((name) => headers[name])
      }
      t.same(await read('/%zz'), await read('/v1/chat/nowhere/'), `${corsOrigins.join()} ${origin}`)
    }
  }
})
