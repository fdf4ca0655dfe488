import type { AdminDelivery } from './delivery/admin-delivery.js'
import type { Owner, Presence } from './presence/presence.js'
import type { Position } from './delivery/sequencer.js'
import type { StoreDelivery } from './delivery/store-delivery.js'

const SOON_MS = 100
/** Hints that got lost for open sessions are looked for this often: unlike the others, those are not only this node's. */
const OPEN_SESSIONS_EVERY_MS = 60_000

/**
 * Tells the sockets here the other side's presence where they have not been told: a hint may have been lost, a node that
 * was killed says nothing, and after a change of holder others see a presence, or see another one's. It looks soon at the
 * sessions in doubt; regularly at the claimed sessions of the accounts here, and at all whose other side was told online.
 */
export function createPresenceReconciler(presence: Presence, store: StoreDelivery, admin: AdminDelivery) {
  let timer: NodeJS.Timeout | undefined
  let isWholeDue = false
  let openReadAt = 0
  let openReadFor = 0

  async function check(): Promise<void> {
    await look(union(store.activeSessions(), inDoubt(store)), union(admin.watchedSessions(), inDoubt(admin)))
    await lookAtOpenSessions()
  }

  const checkDoubted = () => look(inDoubt(store), inDoubt(admin))

  async function look(ofStores: Position[], ofAdmins: Position[]): Promise<void> {
    const holders = ofStores.flatMap((session) => {
      const { holderId } = session
      return holderId === null ? [] : { session, account: owner('admin', holderId) }
    })
    const stores = ofAdmins.map((session) => ({ session, account: owner('store', session.storeId) }))
    const isOnline = await presence.readOnline([...holders, ...stores].map(({ account }) => account))
    for (const { session, account } of holders) {
      // What has changed meanwhile is in doubt again.
      if (session.holderId === account.id) store.typingAndPresence.showPresence(session.sessionId, isOnline(account))
    }
    for (const { session, account } of stores)
      admin.typingAndPresence.showPresence(session.sessionId, isOnline(account))
  }

  /** Of many open sessions few stores are online, so those are asked for, when the first admin has come and seldom after. */
  async function lookAtOpenSessions(): Promise<void> {
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
      // The regular turn reports what fails.
      act().catch(() => undefined)
    }, SOON_MS)
  }

  return Object.assign(check, {
    /** Looks at all of this node's sessions soon. */
    soon: () => later(true),
    /** Looks soon at the sessions in doubt. */
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
