import type { AdminSide } from './admin-side.js'
import type { Owner, Presence } from './presence.js'
import type { StoreSide } from './store-side.js'

const SOON_MS = 100

/**
 * Corrects what the sockets here were told of the other side's presence: a hint may have been lost, and a node that was
 * killed says nothing. Looks at the claimed sessions of the accounts here, and at all whose other side was told online.
 */
export function createPresenceCheck(presence: Presence, store: StoreSide, admin: AdminSide) {
  let timer: NodeJS.Timeout | undefined

  async function check(): Promise<void> {
    const ofAdmins = store.activeSessions().flatMap(({ sessionId, holderId }) => {
      return holderId === null ? [] : { sessionId, owner: owner('admin', holderId) }
    })
    const ofStores = admin.watchedSessions().map(({ sessionId, storeId }) => {
      return { sessionId, owner: owner('store', storeId) }
    })
    const isOnline = await presence.readOnline([...ofAdmins, ...ofStores].map((one) => one.owner))
    for (const { sessionId, owner } of ofAdmins) store.passing.showPresence(sessionId, isOnline(owner))
    for (const { sessionId, owner } of ofStores) admin.passing.showPresence(sessionId, isOnline(owner))
  }

  function soon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      // The regular turn reports what fails.
      check().catch(() => undefined)
    }, SOON_MS)
  }

  return Object.assign(check, { soon, stop: () => clearTimeout(timer) })
}

const owner = (side: Owner['side'], id: number): Owner => ({ side, id })
