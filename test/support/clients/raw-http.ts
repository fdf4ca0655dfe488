import { once } from 'node:events'
import { connect } from 'node:net'
import type { Test } from 'tap'
import { within } from '../../../harness/until.js'

const DEADLINE_MS = 5000

export interface RawAnswer {
  status: number
  /** By lower-case name. */
  headers: Record<string, string>
  text: string
}

/** A TCP connection on which a test writes raw bytes. */
export interface RawConnection {
  write(bytes: string | Buffer): void
  /** The next answer; undefined if the connection ends before one starts. */
  next(): Promise<RawAnswer | undefined>
  /** Resets the connection. */
  cut(): void
  /** Resolves when the server has ended the connection. */
  ended: Promise<void>
}

export async function openRawConnection(
  t: Pick<Test, 'teardown'>,
  { origin }: { origin: string },
): Promise<RawConnection> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  // An error is followed by a close.
  socket.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))

  const take = async (): Promise<RawAnswer | undefined> => {
    for (;;) {
      const [answer, length] = parseAnswer(received)
      received = received.slice(length)
      if (answer !== undefined) return answer
      if (socket.readableEnded || socket.destroyed) return undefined
      await Promise.race([once(socket, 'data'), ended])
    }
  }
  return {
    write: (bytes) => socket.write(bytes),
    next: () => within(DEADLINE_MS, take(), 'an answer comes'),
    cut: () => socket.resetAndDestroy(),
    ended,
  }
}

/** Sends bytes on a new connection and returns the first answer. */
export async function exchangeRaw(t: Pick<Test, 'teardown'>, node: { origin: string }, bytes: string | Buffer) {
  const connection = await openRawConnection(t, node)
  connection.write(bytes)
  return connection.next()
}

/** The first complete answer and its length. Every answer of the service has a Content-Length. */
function parseAnswer(received: string): [answer: RawAnswer | undefined, length: number] {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd === -1) return [undefined, 0]
  const [statusLine = '', ...lines] = received.slice(0, headEnd).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const length = headEnd + 4 + Number(headers['content-length'] ?? 0)
  if (received.length < length) return [undefined, 0]
  const text = Buffer.from(received.slice(headEnd + 4, length), 'latin1').toString()
  return [{ status: Number(statusLine.split(' ')[1]), headers, text }, length]
}
