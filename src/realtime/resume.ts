import { notFound } from '../errors.js'
import type { AccountTurns } from './account-turns.js'
import type { Connection } from './connection.js'
import type { DeliveryMarks } from './delivery-marks.js'
import { errorFrame, frame } from './frames.js'
import type { Resume } from './read-resume.js'
import type { Sync, SyncRequest } from './read-syncs.js'

/** So many sessions are read at once: what a socket has asked for and will not read is little. */
const SESSIONS_TOGETHER = 8

export interface ResumeDeps {
  readSync(request: SyncRequest): Promise<Sync | undefined>
  turns: AccountTurns
  marks: DeliveryMarks
}

/**
 * Answers a `resume`: a `sync` for each session, in their order, or an `error` that names the session. No more is read than
 * the socket takes: the next sessions have to wait until most of the answers are on their way, and until the account's turn
 * comes. Ends when the socket does.
 * @throws what the database does
 */
export async function resumeSessions(
  deps: ResumeDeps,
  connection: Connection,
  { sessions, epoch }: Resume,
): Promise<void> {
  for (let from = 0; from < sessions.length && connection.isOpen; from += SESSIONS_TOGETHER) {
    await resumeSome(deps, connection, sessions.slice(from, from + SESSIONS_TOGETHER), epoch)
    await connection.drained()
  }
}

async function resumeSome(
  { readSync, turns, marks }: ResumeDeps,
  connection: Connection,
  sessions: Resume['sessions'],
  epoch: string | null,
): Promise<void> {
  const { account } = connection
  /** Where each session's sync ends, once that is sent. */
  const floors = new Map<number, number>()
  const read = () => {
    const requests = sessions.map(([sessionId, after]) => {
      return { account, sessionId, after, before: connection.hold(sessionId), epoch }
    })
    return Promise.all(requests.map(async (request) => ({ request, sync: await readSync(request) })))
  }
  try {
    const found = await turns.run(account, () => connection.isOpen, read, sizeOf)
    for (const { request, sync } of found ?? []) {
      const { sessionId, before } = request
      // The reset was the answer, and newer than what has been read.
      if (connection.wasReset(sessionId)) continue
      if (sync === undefined) {
        connection.send(refuseSession(sessionId))
        continue
      }
      if (sync.answer.reset === true) connection.forget(sessionId)
      connection.send(frame('sync', sync.answer))
      sendStatus(connection, sessionId, sync)
      if (before === null || sync.answer.reset === true) floors.set(sessionId, sync.seq)
      if (sync.newestForeignId !== null) marks.note(sessionId, account.side, sync.newestForeignId)
    }
  } finally {
    for (const [sessionId] of sessions) connection.release(sessionId, floors.get(sessionId))
  }
}

/** What is read of a session beside its messages, and to find out that it is another's: more, as nobody honest asks for those. */
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

/** Tells how far the other side has got while the client was away. What is read is delivered. */
function sendStatus(connection: Connection, sessionId: number, { deliveredUpTo, readUpTo }: Sync): void {
  const by = connection.account.side === 'store' ? 'admin' : 'store'
  const tell = (status: 'delivered' | 'read', upTo: number) =>
    connection.send(frame('message_status', { session_id: sessionId, status, up_to_message_id: upTo, by }))
  if (deliveredUpTo > readUpTo) tell('delivered', deliveredUpTo)
  if (readUpTo > 0) tell('read', readUpTo)
}
