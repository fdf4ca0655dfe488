import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Database } from '../database/database.js'
import { findEpochExpressions } from '../database/epoch.js'
import { unavailable } from '../errors/request-error.js'
import { createAccountTurns } from './resume/account-turns.js'
import { createAdminDelivery, type AdminDelivery } from './delivery/admin-delivery.js'
import type { Connection } from './connections/connection.js'
import { createSocketCounts, type SocketCounts } from './connections/socket-counts.js'
import { createDeliveryReceipts, type DeliveryReceipts } from './receipts/delivery-receipts.js'
import { createDeliveryCounts, type DeliveryCounts } from './delivery/delivery-counts.js'
import { readDatabaseState } from './positions/recent-events.js'
import { createWatermarkHistory } from './positions/watermark-history.js'
import { createPresence } from './presence/presence.js'
import { createEpochReader, createStoreEntryReader, type Ready } from './resume/read-ready.js'
import { createSyncReader } from './resume/read-syncs.js'
import type { Tracing } from '../instruments/tracing.js'
import type { Credentials } from '../accounts/credentials.js'
import type { PubSub } from '../pubsub/pubsub.js'
import { createStoreDelivery, type StoreDelivery } from './delivery/store-delivery.js'
import type { ResumeDeps } from './resume/resume.js'
import { createReconciler, RECONCILE_INTERVAL_MS } from './delivery/reconciler.js'
import { createPresenceReconciler } from './reconcile-presence.js'
import { createHeartbeat } from './connections/heartbeat.js'
import { repeat } from '../tasks/repeat.js'
import type { Side } from '../protocol/account.js'
import { closeCodes } from '../protocol/codes.js'
import { encodeFrame } from '../protocol/encode-frame.js'
import type { ClientLimits } from '../protocol/schemas/client-limits.js'

const PRESENCE_CHECK_MS = 5000
const LONGEST_DRAIN_MS = 3000
/** Of few sockets, the closes are spread over less time. */
const DRAIN_PER_SOCKET_MS = 6
/** A statement is cancelled a little later than it may take. */
const CLOCK_RESERVE_MS = 1000
/** An attempt fails only when the session begins, ends, or gets events while it is read. */
const READY_ATTEMPTS = 20
/** A sync fills at most this share of what may wait for a slow reader. */
const MAX_SYNC_SHARE = 0.5

export interface HubDeps {
  db: Database
  pubsub: PubSub
  credentials: Credentials
  log: FastifyBaseLogger
  tracing?: Tracing | undefined
}

export interface HubOptions {
  pingIntervalMs: number
  longestStatementMs: number
  bufferBytes: number
  /** What clients may send on a socket, as they are told. */
  clientLimits: ClientLimits
}

/**
 * The sockets of this node. From `ready` on, a socket gets every durable event of its sessions, in `seq` order and once,
 * whatever pub/sub loses, until it leaves.
 */
export interface Hub {
  readonly store: StoreDelivery
  readonly admin: AdminDelivery
  readonly deliveryReceipts: DeliveryReceipts
  /** What answering a `resume` needs. */
  readonly resume: ResumeDeps
  readonly sockets: SocketCounts
  readonly deliveries: DeliveryCounts
  connectionCount(side?: Side): number
  /**
   * Adds a socket and sends it `ready`.
   * @throws RequestError 503 when the session keeps changing while it is read, and what the database throws
   */
  enter(connection: Connection): Promise<void>
  leave(connection: Connection): void
  /** Closes every socket with 1001, spread over up to 3 s. Resolves when all have gone. */
  drain(): Promise<void>
  /** Ends all sockets and timers, and stores the receipts that wait. */
  close(): Promise<void>
}

export async function openHub({ db, pubsub, credentials, log, tracing }: HubDeps, options: HubOptions): Promise<Hub> {
  const onError = (error: unknown) => log.warn({ err: error }, 'realtime')
  const presence = createPresence(db, pubsub, randomUUID(), onError)
  const deliveryReceipts = createDeliveryReceipts(db, pubsub, onError)
  const epoch = await findEpochExpressions(db)
  // Before the first socket enters: the reconciler covers everything that begins after it.
  const opened = await readDatabaseState(db, epoch)
  const overlapMs = options.longestStatementMs + CLOCK_RESERVE_MS
  const watermarks = createWatermarkHistory(opened, overlapMs)
  const readSync = createSyncReader(db, epoch, options.bufferBytes * MAX_SYNC_SHARE)
  const readEntry = createStoreEntryReader(db, epoch)
  const readEpoch = createEpochReader(db, epoch)
  const sockets = createSocketCounts()
  const deliveries = createDeliveryCounts()
  const deps = {
    ...{ db, tracing, counts: deliveries },
    subscriber: pubsub,
    deliveryReceipts,
    presence,
    watermarks,
    readSync,
    onError,
    onPresenceDoubt: () => presenceReconciler.doubtedSoon(),
  }
  const store = createStoreDelivery({ ...deps, readEntry })
  const admin = createAdminDelivery(deps)
  const connections = new Set<Connection>()

  await presence.open()
  const stopListening = credentials.onAnnouncement(closeEnded)
  const reconcilerOptions = { opened, watermarks, overlapMs, counts: deliveries }
  const reconcile = createReconciler(db, epoch, { store, admin }, reconcilerOptions)
  const presenceReconciler = createPresenceReconciler(presence, store, admin)
  const tasks = [
    repeat(RECONCILE_INTERVAL_MS, reconcile, onError),
    repeat(RECONCILE_INTERVAL_MS, reconcileCredentials, onError),
    repeat(PRESENCE_CHECK_MS, presenceReconciler, onError),
  ]
  const heartbeat = createHeartbeat(connections, options.pingIntervalMs)

  /** Closes the sockets of credentials whose end pub/sub has lost. */
  async function reconcileCredentials(): Promise<void> {
    if (connections.size === 0) return
    await credentials.refresh()
    closeEnded()
  }

  function closeEnded(): void {
    for (const connection of connections) {
      const account = credentials.resolve(connection.account)
      if (account === undefined) connection.close(closeCodes.tokenRevoked, 'token revoked')
      else connection.account = account
    }
  }

  /**
   * `ready` may not lag behind what was delivered to other sockets: the next live frame would leave a gap. When what is read
   * stays behind, the database was set back.
   */
  async function makeStoreReady(connection: Connection): Promise<void> {
    const { id } = connection.account
    const first = store.takeReady(id)
    if (first) {
      sendReady(connection, first)
      return
    }
    for (let attempt = 0; attempt < READY_ATTEMPTS && connection.isOpen; attempt++) {
      const before = store.activeSessionOf(id)
      const [last, resets] = [before?.last ?? 0, before?.resets]
      const { ready } = await readEntry(id)
      const { session } = ready
      const position = session === null ? undefined : store.sequencer.positions.get(session.id)
      await position?.beginning
      if (position && position === before && last > (session?.seq ?? 0)) await store.sequencer.reset(position)
      if (position && (position.last > (session?.seq ?? 0) || position.resets !== resets)) continue
      // The session began or ended since it was read, or is gone.
      if (session === null && store.activeSessionOf(id) !== before) continue
      sendReady(connection, ready)
      return
    }
    if (connection.isOpen) throw unavailable()
  }

  function sendReady(connection: Connection, ready: Ready): void {
    connection.ready(readyFrame(connection, ready), ready.session ?? undefined)
    const active = store.activeSessionOf(connection.account.id)
    if (active === undefined) return
    store.typingAndPresence.repeatPresence(connection, active.sessionId)
    if (active.holderId !== null) store.typingAndPresence.doubtPresence(active, false)
  }

  async function makeAdminReady(connection: Connection): Promise<void> {
    connection.ready(readyFrame(connection, { session: null, epoch: await readEpoch() }))
    for (const { sessionId, holderId } of admin.typingAndPresence.onlineSessions()) {
      if (holderId === null || holderId === connection.account.id)
        admin.typingAndPresence.repeatPresence(connection, sessionId)
    }
  }

  function readyFrame({ account: { side, id, role } }: Connection, { session, epoch }: Ready): string {
    const account = { side, id, ...(role && { role }) }
    return encodeFrame('ready', { session, resume: true, epoch, account, limits: options.clientLimits })
  }

  return {
    store,
    admin,
    deliveryReceipts,
    resume: { readSync, turns: createAccountTurns(), deliveryReceipts },
    sockets,
    deliveries,
    connectionCount: (side) =>
      [...connections].reduce((count, { account }) => count + Number((side ?? account.side) === account.side), 0),
    async enter(connection) {
      connections.add(connection)
      sockets[connection.account.side].opened++
      if (connection.account.side === 'store') {
        await store.subscriptions.add(connection.account.id, connection, () => makeStoreReady(connection))
      } else {
        await admin.enter(connection, () => makeAdminReady(connection))
      }
      if (!connections.has(connection)) leave(connection)
      if (connection.account.side === 'admin') presenceReconciler.adminsSoon()
    },
    leave,
    async drain() {
      const all = [...connections]
      const spreadMs = Math.min(LONGEST_DRAIN_MS, all.length * DRAIN_PER_SOCKET_MS)
      await Promise.all(
        all.map(async (connection, index) => {
          await new Promise((resolve) => setTimeout(resolve, (spreadMs * index) / all.length))
          await connection.closeWhenDone(closeCodes.goingAway, 'node going away')
        }),
      )
    },
    async close() {
      stopListening()
      heartbeat.stop()
      await Promise.all(tasks.map((task) => task.stop()))
      presenceReconciler.stop()
      for (const connection of connections) connection.socket.terminate()
      await deliveryReceipts.close().catch(onError)
      await store.close()
      await admin.close()
      await presence.close().catch(onError)
    },
  }

  function leave(connection: Connection): void {
    connections.delete(connection)
    if (connection.account.side === 'store') store.subscriptions.remove(connection.account.id, connection)
    else admin.leave(connection)
  }
}
