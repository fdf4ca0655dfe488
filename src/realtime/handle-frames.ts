import type { RawData } from 'ws'
import type { Chat } from '../chat.js'
import { forbidden, invalidInput, notFound, RequestError, toRequestError, unavailable } from '../errors.js'
import { markRead } from '../messages/receipts.js'
import { MOST_SENT_TOGETHER, sendMessages, type SendResult } from '../messages/send-message.js'
import { announceTyping, messageFrame } from './announce.js'
import { readSync, type Sync } from './catch-up.js'
import type { Connection } from './connection.js'
import {
  clientFrameChecks,
  closeCodes,
  errorFrame,
  frame,
  type AdminPayload,
  type ClientFrameType,
  type StorePayload,
} from './frames.js'
import type { Hub } from './hub.js'

/** What frames are handled with. */
export interface FrameRoom {
  chat: Chat
  hub: Hub
  onFault(error: unknown): void
}

/**
 * Handles frames of a client in their order; messages that follow each other are sent together. What the client did wrong
 * is answered with an `error` frame and the socket stays; what we did wrong ends the socket with 1011.
 */
export async function handleFrames(room: FrameRoom, connection: Connection, frames: RawData[]): Promise<void> {
  await handleInOrder(room, connection, frames).catch((error: unknown) => refuse(room, connection, error))
}

async function handleInOrder(room: FrameRoom, connection: Connection, frames: RawData[]): Promise<void> {
  let messages: Payload<'message'>[] = []
  for (const data of frames) {
    const { type, payload, refusal } = readFrame(connection, data)
    if (type === 'message') messages.push(payload as Payload<'message'>)
    if (messages.length > 0 && (type !== 'message' || messages.length === MOST_SENT_TOGETHER)) {
      await handleMessages(room, connection, messages)
      messages = []
    }
    if (type === undefined) refuse(room, connection, refusal, payload)
    else if (type !== 'message') {
      await handlers[type](room, connection, payload as never).catch((error: unknown) => {
        refuse(room, connection, error, payload)
      })
    }
  }
  if (messages.length > 0) await handleMessages(room, connection, messages)
}

function refuse({ onFault }: FrameRoom, connection: Connection, error: unknown, payload?: unknown): void {
  const refusal = toRequestError(error)
  if (refusal.statusCode === 500) {
    onFault(error)
    connection.close(closeCodes.ourFault, 'internal error')
  } else connection.send(errorFrame(refusal, readClientMessageId(payload)))
}

type ReadFrame =
  | { type: ClientFrameType; payload: unknown; refusal?: undefined }
  | { type?: undefined; payload?: unknown; refusal: unknown }

function readFrame(connection: Connection, data: RawData): ReadFrame {
  let payload: unknown
  try {
    const frame = parse(data)
    payload = frame.payload === undefined ? {} : frame.payload
    const type = frame.type as ClientFrameType
    const check = clientFrameChecks[connection.account.side].get(type)
    if (check === undefined) throw invalidInput([{ field: 'type', message: 'is none that a client may send' }])
    return { type, payload: check(payload) }
  } catch (refusal) {
    return { payload, refusal }
  }
}

function parse(data: RawData): { type?: unknown; payload?: unknown } {
  try {
    const value: unknown = JSON.parse((data as Buffer).toString())
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Told below.
  }
  throw invalidInput([{ field: 'frame', message: 'is not a JSON object' }])
}

function readClientMessageId(payload: unknown): string | undefined {
  const id = (payload as { client_message_id?: unknown } | undefined | null)?.client_message_id
  return typeof id === 'string' ? id : undefined
}

type Payload<T extends ClientFrameType> = StorePayload<T> & Partial<AdminPayload<T>>
type Handler<T extends ClientFrameType> = (
  room: FrameRoom,
  connection: Connection,
  payload: Payload<T>,
) => Promise<void>

async function handleMessages(room: FrameRoom, connection: Connection, payloads: Payload<'message'>[]): Promise<void> {
  const { admitted, refusal } = room.chat.limits.takeMessages(connection.account, payloads.length)
  if (admitted > 0) await handleAdmitted(room, connection, payloads.slice(0, admitted))
  for (const payload of payloads.slice(admitted)) refuse(room, connection, refusal, payload)
}

/** Messages are acknowledged by the `message` frame that the sender's sockets get like all others, once they are committed. */
async function handleAdmitted(room: FrameRoom, connection: Connection, payloads: Payload<'message'>[]): Promise<void> {
  const results = await sendMessages(room.chat, connection.account, payloads)
  if (results.every((result) => !(result instanceof Error) && result.outcome === 'stored')) return
  // The others among them are acknowledged first: their announcements go out in the next tick.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  for (const [index, result] of results.entries()) {
    if (result instanceof Error) refuse(room, connection, result, payloads[index])
    else if (result.outcome === 'known') {
      await repeatMessage(room, connection, result).catch((error: unknown) => {
        refuse(room, connection, error, payloads[index])
      })
    }
  }
}

/** What was sent before is announced no more. The answer may not overtake what this socket is still owed before it. */
async function repeatMessage(
  { hub }: FrameRoom,
  connection: Connection,
  { event, message }: SendResult,
): Promise<void> {
  const { sequencer } = hub[connection.account.side]
  if (!(await sequencer.catchUp(event.sessionId, event.seq))) throw unavailable()
  connection.send(messageFrame(event.seq, message))
}

const handlers: { [T in Exclude<ClientFrameType, 'message'>]: Handler<T> } = {
  async typing({ chat, hub }, { account }, { is_typing, session_id }) {
    const parties =
      account.side === 'store'
        ? hub.store.activeSessionOf(account.id)
        : hub.admin.sequencer.positions.get(session_id ?? 0)
    if (parties === undefined) throw notFound('Session not found')
    if (account.side === 'admin' && parties.holderId !== account.id) throw forbidden('Claim the session first')
    const { sessionId, storeId, holderId } = parties
    const typing = { sessionId, storeId, holderId, by: account.side, senderId: account.id, isTyping: is_typing }
    announceTyping(chat.relay, typing)
  },

  async read({ chat, hub }, { account }, { session_id }) {
    const sessionId = account.side === 'store' ? hub.store.activeSessionOf(account.id)?.sessionId : session_id
    if (sessionId === undefined) throw notFound('Session not found')
    await markRead(chat, account, sessionId)
  },

  async resume({ chat, hub }, connection, { sessions }) {
    for (const [id, after] of Object.entries(sessions)) {
      // One that is refused does not keep the others from their answer.
      await resumeSession(chat, hub, connection, Number(id), after).catch((error: unknown) => {
        if (!(error instanceof RequestError)) throw error
        connection.send(errorFrame(error))
      })
    }
  },

  async ping(_room, connection) {
    connection.send(frame('pong', {}))
  },
}

/** Tells of the ticks that turned while the client was away. What is read is delivered. */
function sendStatus(connection: Connection, sessionId: number, { deliveredUpTo, readUpTo }: Sync): void {
  const by = connection.account.side === 'store' ? 'admin' : 'store'
  const tell = (status: 'delivered' | 'read', upTo: number) =>
    connection.send(frame('message_status', { session_id: sessionId, status, up_to_message_id: upTo, by }))
  if (deliveredUpTo > readUpTo) tell('delivered', deliveredUpTo)
  if (readUpTo > 0) tell('read', readUpTo)
}

/**
 * Live frames of the session wait until the sync is sent. Where it was told live before, the sync ends where that began;
 * otherwise it reaches as far as the session does, and what comes live of that part is dropped.
 */
async function resumeSession(chat: Chat, hub: Hub, connection: Connection, sessionId: number, after: number) {
  const before = connection.hold(sessionId)
  let floor = 0
  try {
    const sync = await readSync(chat.db, connection.account, { sessionId, after, before })
    if (sync === undefined) throw notFound(`Session ${sessionId} not found`)
    connection.send(frame('sync', sync.answer))
    sendStatus(connection, sessionId, sync)
    if (before === Number.MAX_SAFE_INTEGER) floor = sync.seq
    if (sync.newestForeignId !== null) hub.marks.note(sessionId, connection.account.side, sync.newestForeignId)
  } finally {
    connection.release(sessionId, floor)
  }
}
