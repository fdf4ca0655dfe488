import type { AdminDelivery } from './delivery/admin-delivery.js'
import type { Owner, Presence } from './presence/presence.js'
import type { Parties } from '../events/events.js'
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
  /** Reads soon what admins here are shown: one of them has come. */
  adminsSoon(): void
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
  let areAdminsDue = false
  let openReadAt = 0
  let openReadFor = 0

  async function check(): Promise<void> {
    await reconcile(store.heldSessions(), admin.watchedSessions())
    await reconcileOpenSessions()
  }

  async function checkSoon(): Promise<void> {
    const areAdminsChecked = areAdminsDue
    areAdminsDue = false
    await reconcile([], areAdminsChecked ? admin.watchedSessions() : [])
    if (areAdminsChecked) await reconcileOpenSessions()
  }

  /** Those in doubt are always read. */
  async function reconcile(sessionsOfStores: Parties[], sessionsOfAdmins: Parties[]): Promise<void> {
    const ofStores = bySession([...sessionsOfStores, ...store.typingAndPresence.doubtedSessions()])
    const ofAdmins = bySession([...sessionsOfAdmins, ...admin.typingAndPresence.doubtedSessions()])
    const holders = ofStores.flatMap((session) =>
      session.holderId === null ? [] : { session, account: owner('admin', session.holderId) },
    )
    const stores = ofAdmins.map((session) => ({ session, account: owner('store', session.storeId) }))
    const isOnline = await presence.readOnline([...holders, ...stores].map(({ account }) => account))
    for (const { session, account } of holders) {
      // A holder that changed meanwhile is in doubt again.
      if (holderOf(store, session) === account.id) store.typingAndPresence.showPresence(session, isOnline(account))
    }
    for (const { session, account } of stores) admin.typingAndPresence.showPresence(session, isOnline(account))
  }

  /** Of many open sessions few stores are online. Those are read when the first admin has connected, and seldom after. */
  async function reconcileOpenSessions(): Promise<void> {
    const since = admin.listeningSince()
    const isRead = openReadFor === since && Date.now() - openReadAt < OPEN_SESSIONS_EVERY_MS
    if (!admin.isListening() || isRead) return
    for (const session of await presence.readOnlineOpenSessions()) {
      if (holderOf(admin, session) === null) admin.typingAndPresence.showPresence(session, true)
    }
    openReadFor = since
    openReadAt = Date.now()
  }

  function later(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      // The regular round reports failures.
      checkSoon().catch(() => undefined)
    }, SOON_MS)
  }

  return Object.assign(check, {
    adminsSoon() {
      areAdminsDue = true
      later()
    },
    doubtedSoon: later,
    stop: () => clearTimeout(timer),
  })
}

const bySession = (sessions: Parties[]) => [
  ...new Map(sessions.map((session) => [session.sessionId, session])).values(),
]

/** Who holds a session now, as far as this node knows. */
const holderOf = ({ sequencer }: StoreDelivery | AdminDelivery, { sessionId, holderId }: Parties) =>
  (sequencer.positions.get(sessionId) ?? { holderId }).holderId

const owner = (side: Owner['side'], id: number): Owner => ({ side, id })
