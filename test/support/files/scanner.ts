import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

/**
 * Starts a server that speaks clamd's protocol: it reads a stream of chunks to its end, and answers by its content. A silent
 * one only reads.
 */
export async function startScanner(
  t: Pick<Test, 'teardown'>,
  answer: (content: string, socket: Socket) => string,
  { isSilent = false } = {},
) {
  let asked = 0
  const server = createServer((socket) => {
    let received = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const content = readStream(received)
      if (content === undefined) return
      asked++
      if (!isSilent) socket.end(answer(content, socket))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, asked: () => asked }
}

const COMMAND = 'zINSTREAM\0'

function readStream(received: Buffer): string | undefined {
  if (received.toString('latin1', 0, COMMAND.length) !== COMMAND) return undefined
  let content = ''
  for (let offset = COMMAND.length; offset + 4 <= received.length;) {
    const length = received.readUInt32BE(offset)
    if (length === 0) return content
    content += received.toString('latin1', offset + 4, offset + 4 + length)
    offset += 4 + length
  }
  return undefined
}
