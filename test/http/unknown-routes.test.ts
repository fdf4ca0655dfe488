import { once } from 'node:events'
import { Agent, METHODS, request as sendRequest, type IncomingMessage } from 'node:http'
import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { exchangeRaw } from '../support/clients/raw-http.js'

const node = await startNode(t, { config: { platformToken: 'platform-token-for-tests' } })

const agent = new Agent({ keepAlive: true })
t.teardown(() => agent.destroy())

/** The status and `Allow` of an answer to a method on a path, whatever its body. */
async function ask(method: string, path: string, { origin } = node) {
  const request = sendRequest(new URL(path, origin), { method, agent }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  return { status: response.statusCode, allow: response.headers.allow }
}

const routes: Record<string, string> = {
  '/v1/chat/store/session': 'GET',
  '/v1/chat/store/message': 'POST',
  '/v1/chat/admin/session/claim': 'POST',
  '/v1/chat/ws/store': 'GET',
  '/v1/chat/me': 'GET',
  '/v1/chat/platform/tokens': 'GET, POST',
  '/v1/chat/platform/tokens/5': 'DELETE',
  '/v1/chat/platform/stores/abc': 'GET, PUT',
  '/health/live': 'GET',
  '/health/ready': 'GET',
  '/docs': 'GET',
  '/docs/json': 'GET',
  '/docs/asyncapi.json': 'GET',
  '/console': 'GET, HEAD',
  '/widget': 'GET, HEAD',
}

t.test('a path with another method is 405, and says which methods it has', async (t) => {
  const methods = METHODS.filter((method) => method !== 'CONNECT')
  const endings = ['', '/', '/?token=x&a=%20']
  const faults: string[] = []
  for (const [place, [path, allow]] of Object.entries(routes).entries()) {
    for (const [number, method] of methods.entries()) {
      if (allow.split(', ').includes(method)) continue
      const url = `${path}${endings[(place + number) % endings.length]}`
      const answer = await ask(method, url)
      if (answer.status !== 405 || answer.allow !== allow) faults.push(`${method} ${url}: ${JSON.stringify(answer)}`)
    }
  }
  t.same(faults, [])
})

t.test('a 405 has the standard body, whatever comes with the request', async (t) => {
  const store = await addStore(node.database)
  const path = '/v1/chat/store/session/'
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']) {
    for (const [type, body] of Object.entries({ 'application/json': '{', 'text/xml': '<a/>', x: 'a' })) {
      const answer = node.request(method, path, { token: store.token, headers: { 'content-type': type }, body })
      t.match(
        await answer,
        { status: 405, text: '{"success":false,"message":"Method not allowed"}' },
        `${method} ${type}`,
      )
    }
  }
  t.same(await node.database.query('select id from chat_session where store_id = $1', [store.id]), [])
})

t.test('an unknown path is 404 with every method', async (t) => {
  const paths = ['/', '/v1/chat/', '/v1/chat/store/', '/v1/chat/store/session/1/', '/v1/chat/platform/stores/1/2/']
  const faults: string[] = []
  for (const path of [...paths, '/health/', '/docs/nothing', '/console/nothing.js', '/V1/CHAT/STORE/SESSION/']) {
    for (const method of METHODS.filter((method) => method !== 'CONNECT')) {
      const { status, allow } = await ask(method, path)
      if (status !== 404 || allow !== undefined) faults.push(`${method} ${path}: ${status} ${allow}`)
    }
  }
  t.same(faults, [])
  const message = '{"success":false,"message":"Not found"}'
  t.match(await node.post('/nowhere/', { headers: { 'content-type': 'text/xml' }, body: '<a/>' }), { text: message })
})

t.test('where pages of other origins may call, OPTIONS is there too', async (t) => {
  const open = await startNode(t, { database: node.database, config: { corsOrigins: ['https://shop.example'] } })
  t.strictSame(await ask('PUT', '/v1/chat/me/', open), { status: 405, allow: 'GET, OPTIONS' })
  t.strictSame(await ask('PUT', '/nowhere/', open), { status: 404, allow: undefined })
})

t.test('a method that HTTP does not know is refused in the standard body', async (t) => {
  for (const method of ['NONSENSE', 'get', 'GETT', 'G T']) {
    const answer = await exchangeRaw(t, node, `${method} /v1/chat/me/ HTTP/1.1\r\nHost: a\r\n\r\n`)
    t.match(answer, { status: 400, text: '{"success":false,"message":"Bad Request"}' }, method)
  }
})
