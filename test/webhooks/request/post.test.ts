import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createAddressPolicy } from '../../../src/webhooks/request/address-policy.js'
import { createPoster, type PosterOptions } from '../../../src/webhooks/request/post.js'

const never = new AbortController().signal

async function listen(t: Test, listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function open(t: Test, options: Partial<PosterOptions> = {}) {
  const poster = createPoster({
    isAllowed: createAddressPolicy(['127.0.0.1']),
    resolveName: async () => [{ address: '127.0.0.1', family: 4 }],
    timeoutMs: 5000,
    ...options,
  })
  t.teardown(() => poster.close())
  return (url: string, signal = never) => poster.post(url, { 'content-type': 'application/json' }, '{}', signal)
}

t.test('a name is resolved for each connection, and only what was checked is connected to', async (t) => {
  let requests = 0
  const port = await listen(t, (_, response) => {
    requests++
    // No connection is kept, so that each request makes one.
    response.writeHead(200, { connection: 'close' }).end()
  })
  const answers = ['127.0.0.1', '169.254.169.254', '127.0.0.2', '127.0.0.1']
  const post = open(t, { resolveName: async () => [{ address: answers.shift() ?? '', family: 4 }] })
  const url = `http://rebinding.example:${port}/`
  t.equal((await post(url)).status, 200)
  await t.rejects(post(url), { message: 'The address is not public' })
  await t.rejects(post(url), { message: 'The address is not public' })
  t.equal((await post(url)).status, 200)
  t.equal(requests, 2)
})

t.test('of the addresses of a name only those that are allowed are tried', async (t) => {
  const port = await listen(t, (_, response) => response.end())
  const addresses = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  t.equal((await open(t, { resolveName: async () => addresses })(`http://both.example:${port}/`)).status, 200)
})

t.test('an address in the URL is checked, however it is written', async (t) => {
  let requests = 0
  const port = await listen(t, (_, response) => {
    requests++
    response.end()
  })
  const post = open(t, { isAllowed: createAddressPolicy([]) })
  for (const host of [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:7f00:1]',
    '0',
    '10.0.0.1',
  ]) {
    await t.rejects(post(`http://${host}:${port}/`), { message: 'The address is not public' }, host)
  }
  t.equal(requests, 0)
})

t.test('a redirect is an answer: nobody follows it', async (t) => {
  const paths: string[] = []
  const port = await listen(t, ({ url = '' }, response) => {
    paths.push(url)
    response.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end()
  })
  t.match(await open(t)(`http://127.0.0.1:${port}/`), { status: 307 })
  t.same(paths, ['/'])
})

t.test('a KiB of an answer is kept, as text that can be stored', async (t) => {
  const port = await listen(t, (_, response) => {
    response.write(`a\0b${'ä'.repeat(10_000)}`)
    // It would never end.
  })
  const { status, body } = await open(t)(`http://127.0.0.1:${port}/`)
  t.equal(status, 200)
  t.match(body, /^abä+/)
  t.ok(Buffer.byteLength(body) <= 1026, `${Buffer.byteLength(body)} bytes`)
  t.ok(body.isWellFormed())
})

t.test('silence ends at the deadline', async (t) => {
  const port = await listen(t, () => undefined)
  await t.rejects(open(t, { timeoutMs: 100 })(`http://127.0.0.1:${port}/`), {
    message: 'There was no answer within 100 ms',
  })
})

t.test('what is under way can be aborted', async (t) => {
  const closing = new AbortController()
  const port = await listen(t, () => closing.abort())
  await t.rejects(open(t)(`http://127.0.0.1:${port}/`, closing.signal), { message: 'The node is shutting down' })
})

t.test('a kept connection that the receiver closes is no failure', async (t) => {
  let requests = 0
  const port = await listen(t, (request, response) => {
    if (++requests === 2) return request.socket.destroy()
    return response.end()
  })
  const post = open(t)
  t.equal((await post(`http://127.0.0.1:${port}/`)).status, 200)
  // The connection is free in the next turn of the event loop.
  await new Promise(setImmediate)
  t.equal((await post(`http://127.0.0.1:${port}/`)).status, 200)
  t.equal(requests, 3)
})

t.test('a new connection that the receiver closes is a failure', async (t) => {
  let requests = 0
  const port = await listen(t, (request) => {
    requests++
    request.socket.destroy()
  })
  await t.rejects(open(t)(`http://127.0.0.1:${port}/`), { message: 'The connection was closed without an answer' })
  t.equal(requests, 1)
})

t.test('an answer of 101 is none, and information before the answer is passed over', async (t) => {
  const port = await listen(t, (request, response) => {
    if (request.url === '/upgrade') return request.socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n')
    response.writeProcessing()
    return response.writeHead(204).end()
  })
  const post = open(t)
  await t.rejects(post(`http://127.0.0.1:${port}/upgrade`), { message: 'The connection was closed without an answer' })
  t.match(await post(`http://127.0.0.1:${port}/`), { status: 204 })
})

t.test('retry-after is handed on', async (t) => {
  const port = await listen(t, (_, response) => response.writeHead(503, { 'retry-after': '7' }).end('later'))
  t.same(await open(t)(`http://127.0.0.1:${port}/`), { status: 503, body: 'later', retryAfter: '7' })
})
