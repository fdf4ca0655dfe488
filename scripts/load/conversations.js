import { bodyOf, callAll } from './calls.js'
import { adminAt, nodeAt, storeAt } from './settings.js'

/** @typedef {{ store: number, admin: number, sessionId: number }} Conversation indexes of the accounts */

/**
 * Gives each of the first stores a new session, held by the admins in turn.
 * @param {number} stores
 * @param {number} admins
 * @returns {Conversation[]}
 */
export function startConversations(stores, admins) {
  const indexes = Array.from({ length: stores }, (_, store) => store)
  callAll(
    indexes.map((store) => ['POST', nodeAt(store), storeAt(store), 'store/close/']),
    [200, 409],
  )
  const sessions = callAll(indexes.map((store) => ['GET', nodeAt(store), storeAt(store), 'store/session/'])).map(bodyOf)
  callAll(
    sessions.map(({ id }, store) => [
      'POST',
      nodeAt(store),
      adminAt(store % admins),
      'admin/session/claim/',
      { session_id: id },
    ]),
  )
  return sessions.map(({ id }, store) => ({ store, admin: store % admins, sessionId: id }))
}
