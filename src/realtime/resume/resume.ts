import { notFound } from '../../errors/request-error.js'
import type { AccountTurns } from './account-turns.js'
import type { Account } from '../../protocol/account.js'
import type { DeliveryReceipts } from '../receipts/delivery-receipts.js'
import type { Resume } from './check-resume.js'
import type { Sync, SyncRequest } from './read-syncs.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import { errorFrame } from '../../errors/error-frame.js'

/** Sessions that are read at once: little is read for a socket that will not read its answers. */
const SESSIONS_TOGETHER = 8

/** The socket that asks: what a resume needs of it. */
export interface ResumingSocket {
  readonly account: Account
  readonly isOpen: boolean
  /** Sends a frame, as JSON. */
  send(text: string): void
  /** Holds a session's live frames back until `release`. Returns the seq from which on it was sent live; null where it was not. */
  hold(sessionId: number): number | null
  /** Whether the node began the session anew since `hold`. */
  wasReset(sessionId: number): boolean
  /** Ends `hold`: the frames that came meanwhile are sent, except those that a sync up to `watermark` has told. */
  release(sessionId: number, watermark?: number): void
  /** Forgets what was sent of a session: a sync begins it anew. */
  forget(sessionId: number): void
  /** Resolves when the reader has taken most of what was sent, or is gone. */
  drained(): Promise<void>
}

export interface ResumeDeps {
  readSync(request: SyncRequest): Promise<Sync | undefined>
  turns: AccountTurns
  deliveryReceipts: DeliveryReceipts
}

/**
 * Answers a `resume` with a `sync` for each session, in order, or with an `error` that names the session. Reading follows
 * the socket: the next sessions are read when most of the answers before have been sent, and when it is the account's turn.
 * Stops when the socket is closed.
 * @throws what the database does
 */
export async function resumeSessions(
  deps: ResumeDeps,
  socket: ResumingSocket,
  { sessions, epoch }: Resume,
): Promise<void> {
  for (let from = 0; from < sessions.length && socket.isOpen; from += SESSIONS_TOGETHER) {
    await resumeSome(deps, socket, sessions.slice(from, from + SESSIONS_TOGETHER), epoch)
    await socket.drained()
  }
}

async function resumeSome(
  { readSync, turns, deliveryReceipts }: ResumeDeps,
  socket: ResumingSocket,
  sessions: Resume['sessions'],
  epoch: string | null,
): Promise<void> {
  const { account } = socket
  /** By session, the seq up to which the sync that was sent tells. */
  const watermarks = new Map<number, number>()
  const read = () => {
    const requests = sessions.map(([sessionId, after]) => {
      return { account, sessionId, after, before: socket.hold(sessionId), epoch }
    })
    return Promise.all(requests.map(async (request) => ({ request, sync: await readSync(request) })))
  }
  try {
    const found = await turns.run(account, () => socket.isOpen, read, sizeOf)
    for (const { request, sync } of found ?? []) {
      const { sessionId, before } = request
      // The reset has answered, and is newer than what was read.
      if (socket.wasReset(sessionId)) continue
      if (sync === undefined) {
        socket.send(refuseSession(sessionId))
        continue
      }
      if (sync.answer.reset === true) socket.forget(sessionId)
      socket.send(encodeFrame('sync', sync.answer))
      sendStatus(socket, sessionId, sync)
      if (before === null || sync.answer.reset === true) watermarks.set(sessionId, sync.seq)
      if (sync.newestForeignId !== null) deliveryReceipts.note(sessionId, account.side, sync.newestForeignId)
    }
  } finally {
    for (const [sessionId] of sessions) socket.release(sessionId, watermarks.get(sessionId))
  }
}

/** Bytes that count for a session beside its messages, and for a foreign one, which no honest client asks for. */
const SESSION_BYTES = 500
const FOREIGN_BYTES = 4096

const sizeOf = (found: { sync: Sync | undefined }[]) => {
  const sizes = found.map(({ sync }) =>
    sync === undefined
      ? FOREIGN_BYTES
      : sync.answer.messages.reduce((bytes, { content }) => bytes + content.length, SESSION_BYTES),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

const refuseSession = (session_id: number) =>
  errorFrame(notFound(`Session ${session_id} not found`), { type: 'resume', session_id })

/** Sends how far the other side has received and read while the client was away. A read message is delivered, too. */
function sendStatus(socket: ResumingSocket, sessionId: number, { deliveredUpTo, readUpTo }: Sync): void {
  const by = socket.account.side === 'store' ? 'admin' : 'store'
  const tell = (status: 'delivered' | 'read', upTo: number) =>
    socket.send(encodeFrame('message_status', { session_id: sessionId, status, up_to_message_id: upTo, by }))
  if (deliveredUpTo > readUpTo) tell('delivered', deliveredUpTo)
  if (readUpTo > 0) tell('read', readUpTo)
}
