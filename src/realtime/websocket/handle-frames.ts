import { setTimeout as delay } from 'node:timers/promises'
import type { RawData } from 'ws'
import { forbidden, notFound, unavailable } from '../../errors/request-error.js'
import { markRead } from '../../receipts/record-receipts.js'
import { MAX_MESSAGES_PER_SEND, sendMessages, type SendDeps, type SendResult } from '../../messages/send-message.js'
import { publishTyping } from '../../events/publish.js'
import type { Limits } from '../../limits/limits.js'
import type { Connection } from '../connections/connection.js'
import type { Payload } from './check-frames.js'
import type { Hub } from '../hub.js'
import { isLarge, readFrame } from './read-frame.js'
import { yieldToEventLoop } from './yield-to-event-loop.js'
import { resumeSessions } from '../resume/resume.js'
import type { Account } from '../../protocol/account.js'
import { closeCodes } from '../../protocol/codes.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import type { ClientFrameType } from '../../protocol/schemas/client-frames.js'
import { toRequestError } from '../../http/map-error.js'
import { errorFrame, type Answered } from '../../errors/error-frame.js'
import { messageFrame } from '../../events/event-frames.js'

/**
 * A socket is not read for this long after large frames for which its account had no requests left: reading and unmasking
 * frames takes time also when they are refused.
 */
const REFUSED_REST_MS = 250

/** What handling frames needs. */
export interface FrameDeps extends SendDeps {
  limits: Limits
  hub: Hub
  /** The account as of less than a second ago; undefined when its token or JWT has ended. */
  checkAccount(account: Account): Promise<Account | undefined>
  onFault(error: unknown): void
}

/**
 * Handles frames of a client in order; consecutive messages are stored together. A client's fault is answered with an
 * `error` frame, and the socket stays open; a fault of the server closes it with 1011. Once the socket is closed or
 * closing, or its token is revoked, nothing more is handled.
 */
export async function handleFrames(deps: FrameDeps, connection: Connection, frames: RawData[]): Promise<void> {
  await handleInOrder(deps, connection, frames).catch((error: unknown) => refuse(deps, connection, error))
}

async function handleInOrder(deps: FrameDeps, connection: Connection, frames: RawData[]): Promise<void> {
  let messages: Payload<'message'>[] = []
  let mustRest = false
  const sendCollected = async () => {
    const collected = messages
    messages = []
    if (collected.length > 0) await handleMessages(deps, connection, collected)
  }
  for (const data of frames) {
    await yieldToEventLoop()
    const { type, payload, answered, refusal } = readFrame(deps.limits, connection.account, data)
    if (type === 'message') messages.push(payload as Payload<'message'>)
    if (type !== 'message' || messages.length === MAX_MESSAGES_PER_SEND) await sendCollected()
    if (!connection.isOpen) return
    if (type === undefined) {
      refuse(deps, connection, refusal, answered)
      mustRest ||= isLarge(data) && toRequestError(refusal).statusCode === 429
    } else if (type !== 'message') {
      await handleFrame(deps, connection, type, payload).catch((error: unknown) => {
        refuse(deps, connection, error, answered)
      })
    }
  }
  await sendCollected()
  if (mustRest && connection.isOpen) await delay(REFUSED_REST_MS)
}

async function handleFrame(
  deps: FrameDeps,
  connection: Connection,
  type: Exclude<ClientFrameType, 'message'>,
  payload: unknown,
): Promise<void> {
  if (!(await mayAct(deps, connection))) return
  // Frames that ask the database or reach others count as requests of the account, like those over HTTP.
  if (type !== 'ping') deps.limits.takeRequest(connection.account)
  await handlers[type](deps, connection, payload as never)
}

/**
 * Whether the socket may still act: its token may have been revoked while frames waited. Closes it when not.
 * @throws what the database does when that cannot be told
 */
async function mayAct({ checkAccount }: FrameDeps, connection: Connection): Promise<boolean> {
  if (!connection.isOpen) return false
  const account = await checkAccount(connection.account)
  if (account === undefined) connection.refuse(closeCodes.tokenRevoked, 'token revoked')
  else if (account.expiresAt <= Date.now()) connection.refuse(closeCodes.tokenRevoked, 'token expired')
  else connection.account = account
  return connection.isOpen
}

function refuse({ onFault }: FrameDeps, connection: Connection, error: unknown, answered?: Answered): void {
  const refusal = toRequestError(error)
  if (refusal.statusCode === 500) {
    onFault(error)
    connection.close(closeCodes.ourFault, 'internal error')
  } else connection.send(errorFrame(refusal, answered))
}

type Handler<T extends ClientFrameType> = (
  deps: FrameDeps,
  connection: Connection,
  payload: Payload<T>,
) => Promise<void>

const describeMessage = ({ session_id, client_message_id }: Payload<'message'>): Answered => ({
  type: 'message',
  ...(session_id !== undefined && { session_id }),
  ...(client_message_id !== undefined && { client_message_id }),
})

/** Each message gets its own answer, so that the client can repeat it, also when none of them can be handled. */
async function handleMessages(deps: FrameDeps, connection: Connection, payloads: Payload<'message'>[]): Promise<void> {
  try {
    if (await mayAct(deps, connection)) await limitMessages(deps, connection, payloads)
  } catch (error) {
    for (const payload of payloads) refuse(deps, connection, error, describeMessage(payload))
  }
}

async function limitMessages(deps: FrameDeps, connection: Connection, payloads: Payload<'message'>[]): Promise<void> {
  const { admitted, refusal } = deps.limits.takeMessages(connection.account, payloads.length)
  if (admitted > 0) await handleAdmitted(deps, connection, payloads.slice(0, admitted))
  for (const payload of payloads.slice(admitted)) refuse(deps, connection, refusal, describeMessage(payload))
}

/** A committed message is acknowledged by its `message` frame, which the sender's sockets get like all others. */
async function handleAdmitted(deps: FrameDeps, connection: Connection, payloads: Payload<'message'>[]): Promise<void> {
  const results = await sendMessages(deps, connection.account, payloads)
  if (results.every((result) => !(result instanceof Error) && result.outcome === 'stored')) return
  // The stored ones are acknowledged first: their events are delivered in the next tick.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  for (const [index, result] of results.entries()) {
    const payload = payloads[index]
    const answered = payload && describeMessage(payload)
    if (result instanceof Error) refuse(deps, connection, result, answered)
    else if (result.outcome === 'known') {
      await repeatMessage(deps, connection, result).catch((error: unknown) => {
        refuse(deps, connection, error, answered)
      })
    }
  }
}

/** Answers a repeated message to this socket alone. The answer may not overtake earlier events of the session. */
async function repeatMessage(
  { hub }: FrameDeps,
  connection: Connection,
  { event, message }: SendResult,
): Promise<void> {
  const { sequencer } = hub[connection.account.side]
  if (!(await sequencer.catchUp(event.sessionId, event.seq))) throw unavailable()
  connection.send(messageFrame(event.seq, message))
}

const handlers: { [T in Exclude<ClientFrameType, 'message'>]: Handler<T> } = {
  async typing({ publisher, hub }, { account }, { is_typing, session_id }) {
    const parties =
      account.side === 'store' ? hub.store.activeSessionOf(account.id) : await hub.admin.findParties(session_id ?? 0)
    if (parties === undefined) throw notFound('Session not found')
    if (account.side === 'admin' && parties.holderId !== account.id) throw forbidden('Claim the session first')
    const { sessionId, storeId, holderId } = parties
    const typing = { sessionId, storeId, holderId, by: account.side, senderId: account.id, isTyping: is_typing }
    publishTyping(publisher, typing)
  },

  async read(deps, connection, { session_id }) {
    const { account } = connection
    const { hub } = deps
    const sessionId = account.side === 'store' ? hub.store.activeSessionOf(account.id)?.sessionId : session_id
    if (sessionId === undefined) throw notFound('Session not found')
    // One at a time: the sockets of one account could take all database connections otherwise.
    await hub.resume.turns.run(
      account,
      () => connection.isOpen,
      () => markRead(deps, account, sessionId, connection.name),
      () => 0,
    )
  },

  async resume({ hub }, connection, resume) {
    hub.sockets.resumedSessions += resume.sessions.length
    await resumeSessions(hub.resume, connection, resume)
  },

  async ping(_deps, connection) {
    connection.send(encodeFrame('pong', {}))
  },
}
