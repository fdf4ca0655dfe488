import t from 'tap'
import { createUrlRewriter, nameListener } from '../../src/http/public-url.js'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { openSocket } from '../support/clients/socket-client.js'

const node = await startNode(t, { config: { publicUrl: 'https://example.com/chat' } })

t.test('a path is taken off only where it is the base path, and where there is no such route', async (t) => {
  const routes = { hasRouteFor: (url: string) => ['/chat/', '/docs/'].includes(url) }
  const strip = (basePath: string, url: string) => createUrlRewriter(basePath).call(routes, { url })
  t.equal(strip('/support', '/support/chat/?a=/support/'), '/chat/?a=/support/')
  t.equal(strip('/support', '/support/'), '/')
  t.equal(strip('/support', '/supported/chat/'), '/supported/chat/')
  t.equal(strip('/support', '/chat/'), '/chat/')
  t.equal(strip('/chat', '/chat/'), '/chat/')
  t.equal(strip('/chat', '/chat/docs/'), '/docs/')
})

t.test('under a base path that is called like a page, whether or not the proxy takes it off', async (t) => {
  for (const path of [
    '/chat/',
    '/chat/chat/',
    '/chat/app.js',
    '/chat/chat/app.js',
    '/chat/widget.js',
    '/chat/docs/json',
  ]) {
    t.equal((await node.get(path)).status, 200, path)
  }
  for (const path of ['/v1/chat/me/', '/chat/v1/chat/me/']) t.equal((await node.get(path)).status, 401, path)
  for (const path of ['/chat/nowhere/', '/chat/chat/nowhere/', '/chat/chat/chat/']) {
    t.equal((await node.get(path)).status, 404, path)
  }
  t.match(await node.post('/chat/v1/chat/me/'), { status: 405, headers: { allow: 'GET' } })
})

t.test('the address that is printed can be pasted', (t) => {
  const printed = {
    '127.0.0.1': '127.0.0.1',
    '::1': '[::1]',
    '0.0.0.0': '127.0.0.1',
    '::': '[::1]',
    'fd00::2': '[fd00::2]',
  }
  for (const [address, host] of Object.entries(printed)) {
    t.equal(nameListener({ address, port: 8000 }), `http://${host}:8000`)
  }
  t.end()
})

t.test('sockets are opened there, too', async (t) => {
  const store = await addStore(node.database)
  for (const path of ['', '/chat']) {
    const socket = await openSocket(t, { origin: node.origin + path }, 'store', store)
    t.match(await socket.next('ready'), { account: { id: store.id } }, path)
  }
})

t.test('the descriptions name the address that clients reach', async (t) => {
  t.match((await node.get('/docs/json')).body, { servers: [{ url: 'https://example.com/chat' }] })
  t.match((await node.get('/docs/asyncapi.json')).body, {
    servers: { public: { host: 'example.com', protocol: 'wss', pathname: '/chat' } },
  })
  const plain = await startNode(t, { database: node.database })
  t.equal((await plain.get('/docs/json')).body.servers, undefined)
  t.equal((await plain.get('/docs/asyncapi.json')).body.servers, undefined)
})
