import type { AdminDelivery } from './delivery/admin-delivery.js'
import type { Owner, Presence } from './presence/presence.js'
import type { Position } from './delivery/position.js'
import type { StoreDelivery } from './delivery/store-delivery.js'

const SOON_MS = 100
/** Open sessions are read this seldom: unlike the other sessions, they are not only those of this node. */
const OPEN_SESSIONS_EVERY_MS = 60_000

/**
 * Repairs the presence that sockets here are shown: an event may have been lost, a killed node says nothing, and after a change of
 * holder others see a session. Called, it reads all claimed sessions of the accounts here, and all whose other side is shown
 * as online.
 */
export interface PresenceReconciler {
  (): Promise<void>
  /** Reads all sessions soon. */
  soon(): void
  /** Reads soon the sessions whose presence is in doubt. */
  doubtedSoon(): void
  stop(): void
}

export function createPresenceReconciler(
  presence: Presence,
  store: StoreDelivery,
  admin: AdminDelivery,
): PresenceReconciler {
  let timer: NodeJS.Timeout | undefined
  let isWholeDue = false
  let openReadAt = 0
  let openReadFor = 0

  async function check(): Promise<void> {
    await reconcile(union(store.activeSessions(), inDoubt(store)), union(admin.watchedSessions(), inDoubt(admin)))
    await reconcileOpenSessions()
  }

  const checkDoubted = () => reconcile(inDoubt(store), inDoubt(admin))

  async function reconcile(ofStores: Position[], ofAdmins: Position[]): Promise<void> {
    const holders = ofStores.flatMap((session) => {
      const { holderId } = session
      return holderId === null ? [] : { session, account: owner('admin', holderId) }
    })
    const stores = ofAdmins.map((session) => ({ session, account: owner('store', session.storeId) }))
    const isOnline = await presence.readOnline([...holders, ...stores].map(({ account }) => account))
    for (const { session, account } of holders) {
      // A holder that changed meanwhile is in doubt again.
      if (session.holderId === account.id) store.typingAndPresence.showPresence(session.sessionId, isOnline(account))
    }
    for (const { session, account } of stores)
      admin.typingAndPresence.showPresence(session.sessionId, isOnline(account))
  }

  /** Of many open sessions few stores are online. Those are read when the first admin has connected, and seldom after. */
  async function reconcileOpenSessions(): Promise<void> {
    const since = admin.listeningSince()
    const isRead = openReadFor === since && Date.now() - openReadAt < OPEN_SESSIONS_EVERY_MS
    if (!admin.isAnybodyHere() || isRead) return
    for (const sessionId of await presence.readOnlineOpenSessions()) {
      if (admin.sequencer.positions.get(sessionId)?.holderId === null)
        admin.typingAndPresence.showPresence(sessionId, true)
    }
    openReadFor = since
    openReadAt = Date.now()
  }

  function later(isWhole: boolean): void {
    isWholeDue ||= isWhole
    timer ??= setTimeout(() => {
      const act = isWholeDue ? check : checkDoubted
      timer = undefined
      isWholeDue = false
      // The regular round reports failures.
      act().catch(() => undefined)
    }, SOON_MS)
  }

  return Object.assign(check, {
    soon: () => later(true),
    doubtedSoon: () => later(false),
    stop: () => clearTimeout(timer),
  })
}

const inDoubt = ({
  typingAndPresence,
  sequencer,
}: Pick<StoreDelivery | AdminDelivery, 'typingAndPresence' | 'sequencer'>): Position[] =>
  typingAndPresence.doubtedSessions().flatMap((sessionId) => sequencer.positions.get(sessionId) ?? [])

const union = (some: Position[], others: Position[]) => [...new Set([...some, ...others])]
const owner = (side: Owner['side'], id: number): Owner => ({ side, id })
