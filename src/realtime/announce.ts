import type { SessionChange } from '../sessions/session-change.js'
import type { Relay } from './relay.js'

export const storeChannel = (storeId: number) => `store:${storeId}`
export const adminChannel = (adminId: number) => `admin:${adminId}`
export const ADMINS_CHANNEL = 'admins'

/** Tells the store and every admin of a change, once it is committed. Not awaited: it is a hint, and never holds up an answer. */
export function announce(relay: Relay, change: SessionChange): void {
  const { json, ...facts } = change
  const payload = `{"change":${JSON.stringify(facts)},"session":${json}}`
  relay.publish([storeChannel(change.storeId), ADMINS_CHANNEL], payload)
}
