import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocket, WebSocketServer, type RawData } from 'ws'
import { encodeTextFrame } from '../../../src/realtime/connections/text-frame.js'
import { until } from '../../../harness/until.js'

t.test('ws reads what is encoded, at every length of header, in its order', async (t) => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]
  // Lengths are counted in bytes.
  const texts = [...lengths.map((length) => 'a'.repeat(length)), 'ä'.repeat(63), '€😀', '{"type":"pong"}']
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  t.teardown(() => server.close())
  server.on('connection', (_socket, { socket }) => {
    for (const text of texts) {
      socket.write(encodeTextFrame(text))
      socket.write(encodeTextFrame(Buffer.from(text)))
    }
  })
  await once(server, 'listening')
  const received: string[] = []
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => client.terminate())
  client.on('message', (data: RawData, isBinary) => {
    if (!isBinary) received.push((data as Buffer).toString())
  })
  const expected = texts.flatMap((text) => [text, text])
  await until(() => received.length === expected.length, 5000)
  t.same(received, expected)
})
