import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { openConversation, sendMessages } from '../support/chat/conversations.js'
import { startFaultRun } from '../support/faults/fault-run.js'
import { startNode } from '../support/nodes/node.js'
import { createRedisEnvironment } from '../support/nodes/redis-environment.js'
import { noLimits } from '../../harness/no-limits.js'
import { readServices } from '../../harness/services.js'
import { enter } from '../support/clients/socket-client.js'
import { until, within } from '../../harness/until.js'

const node = await startNode(t, { config: { limits: noLimits } })
const chat = createChatClient(node)
const ROUNDS = 1000

t.test('acknowledgements are lost by resets, and the sends retried; one reader among many is slow', async (t) => {
  const run = await startFaultRun(t, {
    nodes: 2,
    environment: { ...createRedisEnvironment(readServices().redisUrl), SOCKET_BUFFER_BYTES: '65536' },
    writer: { over: 'socket', cutsAfterSend: 0.3, size: 3000 },
  })
  for (let round = 0; round < 20; round++) {
    await delay(500)
    const socket = run.readers[round % run.readers.length]?.socket()
    socket?.pause()
    void delay(700).then(() => socket?.resume())
  }
  run.injected(run.writers.reduce((sum, { counts }) => sum + counts.retries, 20))
  await run.finish('acknowledgement lost by a reset; slow readers')
})

t.test('a socket that comes during writes misses nothing after its ready, 1,000 times', async (t) => {
  const { store } = await openConversation(chat)
  const over = new AbortController()
  const sent: number[] = []
  const writing = (async () => {
    while (!over.signal.aborted) sent.push(...(await sendMessages(chat, store, 1)))
  })()
  let holes = 0
  for (let round = 0; round < ROUNDS / 10; round++) {
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const client = await enter(t, node, 'store', store)
        const seq = Number(client.frames[0]?.payload.session.seq)
        await until(() => client.all('message').length >= 3, 5000, 'some messages')
        const seqs = client.all('message').map((payload) => payload.seq as number)
        if (seqs.some((one, place) => one !== seq + 1 + place)) holes++
        client.socket.terminate()
      }),
    )
  }
  over.abort()
  await writing
  t.equal(holes, 0)
  t.ok(sent.length > 100)
})

/** A client frame by hand. */
function encode(first: number, payload: Buffer, isMasked = true): Buffer {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255]
  const [head = 0, ...rest] = length
  const mask = Buffer.alloc(isMasked ? 4 : 0)
  return Buffer.concat([Buffer.from([first, head | (isMasked ? 0x80 : 0), ...rest]), mask, payload])
}

const illegal: [string, number, Buffer[]][] = [
  ['a reserved bit', 1002, [encode(0xc1, Buffer.from('{}'))]],
  ['a reserved opcode', 1002, [encode(0x83, Buffer.from('{}'))]],
  ['no mask', 1002, [encode(0x81, Buffer.from('{}'), false)]],
  ['bad UTF-8', 1007, [encode(0x81, Buffer.from([0xff, 0xfe]))]],
  ['a lone continuation', 1002, [encode(0x80, Buffer.from('{}'))]],
  ['a fragmented ping', 1002, [encode(0x09, Buffer.from('a'))]],
  [
    '200,000 fragments',
    1008,
    [encode(0x01, Buffer.from('a')), ...Array.from({ length: 200_000 }, () => encode(0x00, Buffer.alloc(0)))],
  ],
]

t.test('illegal frames end the socket with the code that fits, and nobody else', async (t) => {
  const store = await addStore(node.database)
  const witness = await enter(t, node, 'store', await addStore(node.database))
  for (const [what, code, frames] of illegal) {
    const socket = await upgrade(store.token)
    const received: Buffer[] = []
    socket.on('data', (data: Buffer) => received.push(data))
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.write(Buffer.concat(frames))
    await within(5000, ended, what)
    t.equal(closeCodeIn(Buffer.concat(received)), code, what)
  }
  witness.send('ping')
  await witness.next('pong')
})

t.test('a reset during the upgrade does no harm', async (t) => {
  const store = await addStore(node.database)
  for (let round = 0; round < 200; round++) {
    const socket = connect(Number(new URL(node.origin).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(upgradeRequest(store.token))
    await delay(Math.random() * 3)
    socket.resetAndDestroy()
  }
  const client = await until(() => enter(t, node, 'store', store), 5000, 'the account finds a place')
  client.send('ping')
  t.same(await client.next('pong'), {})
})

const upgradeRequest = (token: string) =>
  `GET /v1/chat/ws/store/?token=${token} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`

async function upgrade(token: string): Promise<Socket> {
  const socket = connect(Number(new URL(node.origin).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(upgradeRequest(token))
  let head = ''
  const ready = new Promise<void>((resolve) => {
    const listen = (data: Buffer) => {
      head += data.toString('latin1')
      if (!head.includes('"ready"')) return
      socket.off('data', listen)
      resolve()
    }
    socket.on('data', listen)
  })
  await within(5000, ready, 'the upgrade')
  return socket
}

/** The code of the close frame among unmasked server frames. */
function closeCodeIn(data: Buffer): number | undefined {
  for (let at = 0; at + 1 < data.length;) {
    const length = data[at + 1] === 126 ? data.readUInt16BE(at + 2) : (data[at + 1] ?? 0)
    const start = at + (data[at + 1] === 126 ? 4 : 2)
    if (((data[at] ?? 0) & 0x0f) === 8) return data.readUInt16BE(start)
    at = start + length
  }
  return undefined
}
