import type { Test } from 'tap'
import { WebSocket, type ClientOptions } from 'ws'
import type { Answer } from './client.js'
import { within } from '../../../harness/until.js'
import type { Side } from '../../../src/protocol/account.js'

const DEADLINE_MS = 5000

/** Tests check the content of a frame. */
// oxlint-disable-next-line typescript/no-explicit-any -- so that tests can look into it
export type Payload = any

export interface Frame {
  type: string
  payload: Payload
}

export interface SocketClient {
  socket: WebSocket
  /** All frames so far. */
  frames: Frame[]
  /** The payloads of all frames of one type so far. */
  all(type: string): Payload[]
  /** Returns the payload of the first such frame that no `next` has returned yet, as soon as there is one. */
  next(type: string, matches?: (payload: Payload) => boolean, deadlineMs?: number): Promise<Payload>
  send(type: string, payload?: object): void
  /** Resolves when the socket is closed, with the code of the server. */
  closed: Promise<{ code: number; reason: string }>
  close(): Promise<void>
}

export interface SocketOptions extends ClientOptions {
  /** Sends the token in the query instead of a header. */
  inQuery?: boolean
}

const socketUrl = (origin: string, side: Side) => `${origin.replace(/^http/, 'ws')}/v1/chat/ws/${side}/`

function dial(origin: string, side: Side, { token }: { token: string }, options: SocketOptions): WebSocket {
  const { inQuery = false, headers, ...rest } = options
  const url = `${socketUrl(origin, side)}${inQuery ? `?token=${token}` : ''}`
  const authorization = inQuery || token === '' ? {} : { authorization: `Token ${token}` }
  return new WebSocket(url, { ...rest, headers: { ...authorization, ...headers } })
}

/** Opens a socket, and collects its frames from the first one on. The socket is terminated at the end of the test. */
export async function openSocket(
  t: Pick<Test, 'teardown'>,
  { origin }: { origin: string },
  side: Side,
  account: { token: string },
  options: SocketOptions = {},
): Promise<SocketClient> {
  const socket = dial(origin, side, account, options)
  t.teardown(() => socket.terminate())
  const client = collect(socket)
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  await within(DEADLINE_MS, opened, 'the socket opens')
  return client
}

/** Opens a socket and waits for its `ready`. */
export async function enter(...args: Parameters<typeof openSocket>): Promise<SocketClient> {
  const client = await openSocket(...args)
  await client.next('ready')
  return client
}

function collect(socket: WebSocket): SocketClient {
  const frames: Frame[] = []
  const taken = new Set<Frame>()
  const watchers = new Set<() => void>()
  socket.on('message', (data) => {
    frames.push(JSON.parse((data as Buffer).toString()) as Frame)
    for (const watch of watchers) watch()
  })
  // A close follows every error.
  socket.on('error', () => undefined)
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve({ code, reason: reason.toString() })
      for (const watch of watchers) watch()
    })
  })

  const take = (type: string, matches: (payload: Payload) => boolean) => {
    const found = frames.find((frame) => frame.type === type && !taken.has(frame) && matches(frame.payload))
    if (found) taken.add(found)
    return found
  }

  return {
    socket,
    frames,
    closed,
    all: (type) => frames.filter((frame) => frame.type === type).map(({ payload }) => payload),
    async next(type, matches = () => true, deadlineMs = DEADLINE_MS) {
      let watch = (): void => undefined
      const frame = new Promise<Frame>((resolve, reject) => {
        watch = () => {
          const found = take(type, matches)
          // Synchronously: the next frame may arrive before the caller continues.
          if (found) watchers.delete(watch)
          if (found) resolve(found)
          else if (socket.readyState === socket.CLOSED) reject(new Error(`Closed before: ${type}`))
        }
        watchers.add(watch)
        watch()
      })
      try {
        return (await within(deadlineMs, frame, `${type} in ${JSON.stringify(frames).slice(-2000)}`)).payload
      } finally {
        watchers.delete(watch)
      }
    },
    send: (type, payload = {}) => socket.send(JSON.stringify({ type, payload })),
    async close() {
      socket.close()
      await closed
    },
  }
}

/** Tries to open a socket and returns the HTTP answer that refuses it. */
export async function refuseSocket(
  { origin }: { origin: string },
  side: Side,
  account: { token: string },
  options: SocketOptions = {},
): Promise<Answer> {
  const socket = dial(origin, side, account, options)
  const refused = new Promise<Answer>((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate()
      reject(new Error('The socket was not refused'))
    })
    socket.once('error', reject)
    socket.once('unexpected-response', (_request, response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, text, body: text === '' ? undefined : JSON.parse(text) })
      })
    })
  })
  return within(DEADLINE_MS, refused, 'the socket is refused')
}
