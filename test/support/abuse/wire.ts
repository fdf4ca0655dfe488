import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Attackers have their own address, so that limits of this address do not affect other clients. */
export const ATTACKER_ADDRESS = '127.0.0.2'
/** Between the close of a socket and the next attempt. */
export const RECONNECT_MS = 50

/** Parameters of an attack. */
export interface Spec {
  attack: string
  origins: string[]
  /** Tokens of one store, unless the attack needs more. */
  token: string
  adminTokens: string[]
  sessionIds: number[]
  seconds: number
}

/** Counters of an attack, by name. Every attack counts `sent`, `refused` and `closed`. */
export type Counts = Record<string, number>

export interface Attack extends Spec {
  counts: Counts
  endsAt: number
}

export const count = (counts: Counts, name: string, more = 1) => void (counts[name] = (counts[name] ?? 0) + more)
export const isOver = ({ endsAt }: Attack) => Date.now() >= endsAt
export const originOf = ({ origins }: Attack, index: number) => origins[index % origins.length] ?? ''

function dial(origin: string): Socket {
  const socket = connect({ port: Number(new URL(origin).port), host: '127.0.0.1', localAddress: ATTACKER_ADDRESS })
  socket.on('error', () => undefined)
  return socket
}

export interface Request {
  method?: 'GET' | 'POST'
  path: string
  token: string
  body?: object
}

function encodeRequest({ method = 'GET', path, token, body }: Request): string {
  const content = body === undefined ? '' : JSON.stringify(body)
  const type =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(content)}\r\n`
  return `${method} ${path} HTTP/1.1\r\nHost: chat\r\nAuthorization: Token ${token}\r\n${type}\r\n${content}`
}

/** Sends requests over persistent connections, each after the response to the previous one, up to a total rate. */
export async function floodRequests(
  attack: Attack,
  options: { connections: number; perSecond?: number; next(number: number): Request },
): Promise<void> {
  const { connections, perSecond = Infinity, next } = options
  const intervalMs = (1000 * connections) / perSecond
  let number = 0
  await Promise.all(
    Array.from({ length: connections }, async (_, index) => {
      let socket: Socket | undefined
      for (let turn = 0, startedAt = Date.now(); !isOver(attack); turn++) {
        const waitMs = startedAt + turn * intervalMs - Date.now()
        if (waitMs > 0) await delay(waitMs)
        if (socket === undefined || socket.destroyed) socket = dial(originOf(attack, index))
        socket.write(encodeRequest(next(number++)))
        count(attack.counts, 'sent')
        await readAnswer(attack, socket)
      }
      socket?.destroy()
    }),
  )
}

/** Reads one answer and counts its status. A connection that ends before is counted as closed. */
async function readAnswer({ counts, endsAt }: Attack, socket: Socket): Promise<void> {
  let head = ''
  let left = Infinity
  let isChunked = false
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => socket.destroy(), Math.max(0, endsAt - Date.now()) + 1000)
    const done = () => {
      clearTimeout(timer)
      socket.off('data', take).off('close', end)
      resolve()
    }
    const end = () => {
      count(counts, 'closed')
      done()
    }
    const take = (data: Buffer) => {
      if (left !== Infinity) left -= data.length
      else {
        head += data.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        isChunked = /^transfer-encoding: chunked/im.test(head)
        left = isChunked ? Infinity : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0) - (head.length - end - 4)
      }
      if (isChunked ? data.subarray(-5).toString() !== '0\r\n\r\n' : left > 0) return
      const status = Number(head.slice(9, 12))
      count(counts, `status ${status}`)
      if (status === 429) count(counts, /^retry-after: \d/im.test(head) ? 'refused' : '429 without Retry-After')
      done()
    }
    socket.on('data', take).on('close', end)
  })
}

/** Opens connections that send something and then neither read nor write. */
export async function holdConnections(attack: Attack, connections: number, text: (index: number) => string) {
  const sockets = Array.from({ length: connections }, (_, index) => {
    const socket = dial(originOf(attack, index))
    socket.pause()
    socket.write(text(index))
    count(attack.counts, 'sent')
    socket.on('close', () => count(attack.counts, 'closed'))
    return socket
  })
  await delay(attack.endsAt - Date.now())
  // A socket that is not read notices a close only when it writes; without a reset, only at the second write.
  for (let turn = 0; turn < 2; turn++) {
    for (const socket of sockets) socket.write('\r\n')
    await delay(200)
  }
  for (const socket of sockets) socket.removeAllListeners('close').destroy()
}

export const upgradeHead = (path: string, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
  `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${more}`

/** Requests an upgrade. Returns the status of the answer (0 for none) and its text. */
export async function askForUpgrade(attack: Attack, index: number, path: string) {
  const socket = dial(originOf(attack, index))
  socket.write(`${upgradeHead(path)}\r\n`)
  count(attack.counts, 'sent')
  let text = ''
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')))
  const deadline = Date.now() + 3000
  while (!text.includes('\r\n\r\n') && Date.now() < deadline && !socket.destroyed) await delay(10)
  await delay(20)
  return { socket, status: Number(text.slice(9, 12)), text }
}

/** Encodes a client frame with a mask of zeros. */
export function encodeFrame(first: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

/** Opens sockets that write the same bytes as fast as possible, and reconnect when they are closed. */
export async function floodBytes(
  attack: Attack,
  options: { sockets: number; begin?: Buffer; chunk: Buffer; frames: number },
): Promise<void> {
  const { sockets, begin, chunk, frames } = options
  await Promise.all(
    Array.from({ length: sockets }, async (_, index) => {
      while (!isOver(attack)) {
        const socket = dial(originOf(attack, index))
        socket.write(`${upgradeHead(`/v1/chat/ws/store/?token=${attack.token}`)}\r\n`)
        const isOpen = await new Promise<boolean>((resolve) => {
          socket.once('data', (data: Buffer) => resolve(data.toString('latin1', 9, 12) === '101'))
          socket.once('close', () => resolve(false))
        })
        if (!isOpen) count(attack.counts, 'refused')
        else {
          let tail = ''
          socket.on('data', (data: Buffer) => (tail = data.toString('latin1').slice(-200)))
          socket.on('end', () => count(attack.counts, `close ${readCloseCode(tail)}`))
          if (begin) socket.write(begin)
          while (!isOver(attack) && socket.writable) {
            count(attack.counts, 'sent', frames)
            if (!socket.write(chunk)) await drained(socket)
          }
          if (!isOver(attack)) count(attack.counts, 'closed')
        }
        socket.destroy()
        await delay(RECONNECT_MS)
      }
    }),
  )
}

/** The code of the close frame at the end of a stream: the two bytes after its head. */
function readCloseCode(tail: string): number {
  const at = tail.lastIndexOf('\x88')
  return at < 0 ? 1006 : (tail.charCodeAt(at + 2) << 8) | tail.charCodeAt(at + 3)
}

const drained = (socket: Socket) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 200)
    for (const event of ['drain', 'close']) {
      socket.once(event, () => {
        clearTimeout(timer)
        resolve()
      })
    }
  })
