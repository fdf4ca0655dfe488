import type { Side } from '../accounts/authentication.js'
import type { SessionChange } from '../sessions/session-change.js'
import type { Relay } from './relay.js'

export const storeChannel = (storeId: number) => `store:${storeId}`
export const adminChannel = (adminId: number) => `admin:${adminId}`
export const ADMINS_CHANNEL = 'admins'

/** Who has to do with a session: its store, and its holder or, while there is none, every admin. */
export interface Parties {
  sessionId: number
  storeId: number
  holderId: number | null
}

const adminSideChannel = (holderId: number | null) => (holderId === null ? ADMINS_CHANNEL : adminChannel(holderId))

/**
 * Tells the store and every admin of a change, once it is committed. Like all announcements it is not awaited: it is a
 * hint, and never holds up an answer.
 */
export function announceChange(relay: Relay, { json, ...change }: SessionChange): void {
  const frame = `{"type":"session_update","payload":{"session":${json},"seq":${change.seq}}}`
  publish(relay, [storeChannel(change.storeId), ADMINS_CHANNEL], { change }, frame)
}

/** A committed message, with what its announcement needs. */
export interface MessageEvent extends Parties {
  seq: number
  /** The seq of the session's newest change: since then the same parties have been concerned. */
  changeSeq: number
  senderType: Side
  messageId: number
}

/** Tells both sides of a session of a message, once it is committed. */
export function announceMessage(relay: Relay, message: MessageEvent, json: string): void {
  const frame = `{"type":"message","payload":{"message":${json},"seq":${message.seq}}}`
  publish(relay, [storeChannel(message.storeId), adminSideChannel(message.holderId)], { message }, frame)
}

/** One side has received or read the other's messages up to one. */
export interface ReceiptEvent extends Parties {
  status: 'delivered' | 'read'
  upToMessageId: number
  by: Side
}

/** Tells the side whose messages were received or read. */
export function announceReceipt(relay: Relay, receipt: ReceiptEvent): void {
  const { sessionId, storeId, holderId, status, upToMessageId, by } = receipt
  const payload = { session_id: sessionId, status, up_to_message_id: upToMessageId, by }
  const channel = by === 'admin' ? storeChannel(storeId) : adminSideChannel(holderId)
  publish(relay, [channel], { receipt }, JSON.stringify({ type: 'message_status', payload }))
}

/** A line of facts for the nodes, then the frame for the sockets, encoded once. */
function publish(relay: Relay, channels: string[], facts: object, frame: string): void {
  relay.publish(channels, `${JSON.stringify(facts)}\n${frame}`)
}
