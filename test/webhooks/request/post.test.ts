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

t.test('an answer that came in time counts, although the node was busy beyond the deadline', async (t) => {
  const port = await listen(t, (_, response) => {
    response.end('in time')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)
  })
  t.match(await open(t, { timeoutMs: 500 })(`http://127.0.0.1:${port}/`), { status: 200 })
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

t.test('interim answers are passed over, and the request is sent once', async (t) => {
  const paths: string[] = []
  const port = await listen(t, (request, response) => {
    const { url = '' } = request
    paths.push(url)
    if (url === '/100') response.writeContinue()
    if (url === '/102') response.writeProcessing()
    if (url === '/103') response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    if (url === '/several') {
      response.writeContinue()
      response.writeContinue()
      response.writeProcessing()
    }
    if (url === '/split') {
      request.socket.write('HTTP/1.1 1')
      return setImmediate(() => request.socket.end('00\r\nx: y\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'))
    }
    return response.writeHead(204).end()
  })
  const post = open(t)
  const sent = ['/', '/100', '/102', '/103', '/several', '/100', '/split']
  for (const path of sent) t.equal((await post(`http://127.0.0.1:${port}${path}`)).status, 204, path)
  t.same(paths, sent)
})

t.test('a receiver that broke its answer off gets the request once, also on a kept connection', async (t) => {
  const broken: Record<string, string> = {
    '/upgrade': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n',
    '/interim': 'HTTP/1.1 100 Continue\r\n\r\n',
    '/part': 'HTTP/1.1 200 OK\r\nx-part',
    '/wrong': 'no HTTP at all',
  }
  const paths: string[] = []
  const port = await listen(t, ({ url = '', socket }, response) => {
    paths.push(url)
    if (url === '/') return response.end()
    if (url === '/reset') return socket.resetAndDestroy()
    return socket.end(broken[url] ?? '')
  })
  for (const path of ['/upgrade', '/interim', '/part']) {
    const post = open(t)
    const closed = { message: 'The connection was closed without an answer' }
    await t.rejects(post(`http://127.0.0.1:${port}${path}`), closed, `${path} on a new connection`)
    await post(`http://127.0.0.1:${port}/`)
    await new Promise(setImmediate)
    await t.rejects(post(`http://127.0.0.1:${port}${path}`), closed, `${path} on a kept connection`)
    t.same(paths.splice(0), [path, '/', path])
  }
  const post = open(t)
  for (const path of ['/reset', '/wrong']) {
    await t.rejects(post(`http://127.0.0.1:${port}${path}`), path)
    t.same(paths.splice(0), [path])
  }
})

t.test('interim answers without end are no answer', async (t) => {
  const port = await listen(t, ({ socket }) => socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(200)))
  await t.rejects(open(t)(`http://127.0.0.1:${port}/`), { message: 'There were more than 100 interim answers' })
})

t.test('retry-after is handed on', async (t) => {
  const port = await listen(t, (_, response) => response.writeHead(503, { 'retry-after': '7' }).end('later'))
  t.same(await open(t)(`http://127.0.0.1:${port}/`), { status: 503, body: 'later', retryAfter: '7' })
})
