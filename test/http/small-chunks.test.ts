import { once } from 'node:events'
import { request as startRequest } from 'node:http'
import type { Readable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify from 'fastify'
import t from 'tap'
import { until } from '../../harness/until.js'
import { smallChunksPlugin } from '../../src/http/connections/small-chunks.js'
import { openRawConnection } from '../support/clients/raw-http.js'

let pieces = 0
const origin = await start()

async function start(): Promise<string> {
  const app = Fastify()
  await app.register(smallChunksPlugin)
  app.addContentTypeParser('*', (_request, body, done) => done(null, body))
  app.post<{ Body: Readable }>('/echo', async ({ body }) => {
    body.on('data', () => pieces++)
    return readText(body)
  })
  app.post<{ Body: Readable }>('/late', async ({ body, raw }) => {
    await until(() => raw.socket.isPaused(), 5000, 'the connection is not read')
    t.ok(raw.readableLength < 90_000, `${raw.readableLength} bytes wait`)
    return readText(body)
  })
  t.teardown(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

const head = (path: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n`
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

t.test('chunks of a byte that come together are read together', async (t) => {
  const connection = await openRawConnection(t, { origin })
  pieces = 0
  const letters = Array.from({ length: 20_000 }, (_, index) => String.fromCharCode(97 + (index % 26)))
  connection.write(`${head('/echo')}${letters.map(chunk).join('')}0\r\n\r\n`)
  t.equal((await connection.next())?.text, letters.join(''))
  t.ok(pieces < 1000, `${pieces} pieces`)
})

t.test('a body is whole, however its chunks are mixed and arrive', async (t) => {
  const sizes = [1, 5000, 1, 1, 20_000, 700, 700, 1023, 1024, 16_383, 2]
  const texts = sizes.map((size, index) => String.fromCharCode(97 + index).repeat(size))
  const request = startRequest(`${origin}/echo`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
  })
  const answered = once(request, 'response')
  for (const text of texts) {
    request.write(text)
    await turn()
  }
  request.end()
  const [response] = (await answered) as [NodeJS.ReadableStream]
  t.equal(await readText(response), texts.join(''))
})

t.test('a body that ends with a small chunk, or has none, ends', async (t) => {
  const connection = await openRawConnection(t, { origin })
  for (const body of ['', 'x', 'y'.repeat(2000), `${'y'.repeat(2000)}z`]) {
    connection.write(`${head('/echo')}${body === '' ? '' : chunk(body)}0\r\n\r\n`)
    t.equal((await connection.next())?.text, body)
  }
})

t.test('a body that nobody reads yet is not read from its connection either, and comes whole later', async (t) => {
  const connection = await openRawConnection(t, { origin })
  connection.write(head('/late'))
  // In pieces that are small also together.
  for (let count = 0; count < 100; count++) {
    connection.write(chunk('a').repeat(1000))
    await turn()
  }
  connection.write(`${chunk('end')}0\r\n\r\n`)
  t.equal((await connection.next())?.text, `${'a'.repeat(100_000)}end`)
})

t.test('a body that breaks off harms nobody', async (t) => {
  const connection = await openRawConnection(t, { origin })
  connection.write(head('/echo') + chunk('a').repeat(100))
  await turn()
  connection.cut()
  const other = await openRawConnection(t, { origin })
  other.write(`${head('/echo')}${chunk('b')}0\r\n\r\n`)
  t.equal((await other.next())?.text, 'b')
})
