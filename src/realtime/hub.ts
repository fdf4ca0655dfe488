import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Database } from '../database/database.js'
import { findEpochExpressions } from '../database/epoch.js'
import { unavailable } from '../errors/request-error.js'
import { createAccountTurns } from './resume/account-turns.js'
import { createAdminDelivery } from './delivery/admin-delivery.js'
import type { Connection } from './connections/connection.js'
import { createDeliveryReceipts } from './receipts/delivery-receipts.js'
import { readDatabaseState } from './delivery/session-positions.js'
import { createPresence } from './presence/presence.js'
import { createEpochReader, createReadyReader, type Ready } from './resume/read-ready.js'
import { createSyncReader } from './resume/read-syncs.js'
import type { PubSub } from '../pubsub/pubsub.js'
import { createStoreDelivery } from './delivery/store-delivery.js'
import { createReconciler, RECONCILE_INTERVAL_MS } from './delivery/reconciler.js'
import { createPresenceReconciler } from './reconcile-presence.js'
import { createHeartbeat } from './connections/heartbeat.js'
import { repeat } from '../tasks/repeat.js'
import { closeCodes } from '../protocol/codes.js'
import { encodeFrame } from '../protocol/encode-frame.js'
import type { ClientLimits } from '../protocol/schemas/client-limits.js'
import { listenToRevocations } from '../events/revocations.js'
import { readRevokedTokens } from '../accounts/revocations.js'

const PRESENCE_CHECK_MS = 5000
const LONGEST_DRAIN_MS = 3000
/** Few sockets need no spreading. */
const DRAIN_PER_SOCKET_MS = 6
/** Each attempt fails only when the session begins or ends, or events of it are delivered, while it is read. */
const READY_ATTEMPTS = 20
/** Of what may wait for a slow reader, a sync takes no more than this part. */
const SYNC_PART = 0.5

export interface HubOptions {
  pingIntervalMs: number
  longestStatementMs: number
  bufferBytes: number
  /** What clients may send on a socket, as they are told. */
  clientLimits: ClientLimits
}

/**
 * This node's sockets, and what brings to them what concerns them. A socket that has entered gets every durable event of
 * its sessions from then on, in order and once, whatever pub/sub loses; until `leave`.
 */
export async function openHub(db: Database, pubsub: PubSub, log: FastifyBaseLogger, options: HubOptions) {
  const onError = (error: unknown) => log.warn({ err: error }, 'realtime')
  const presence = createPresence(db, pubsub, randomUUID(), onError)
  const deliveryReceipts = createDeliveryReceipts(db, pubsub, onError)
  const epoch = await findEpochExpressions(db)
  // Before any socket is taken in: nothing that begins after that is overlooked.
  const opened = await readDatabaseState(db, epoch)
  const readSync = createSyncReader(db, epoch, options.bufferBytes * SYNC_PART)
  const readReady = createReadyReader(db, epoch)
  const readEpoch = createEpochReader(db, epoch)
  const deps = {
    db,
    pubsub,
    deliveryReceipts,
    presence,
    readSync,
    onError,
    onPresenceDoubt: () => checkPresence.doubtedSoon(),
  }
  const store = createStoreDelivery(deps)
  const admin = createAdminDelivery(deps)
  const connections = new Set<Connection>()

  await presence.open()
  const stopListening = await listenToRevocations(pubsub, (tokenId) => closeTokens(new Set([tokenId])))
  const sweep = createReconciler(db, epoch, { store, admin }, { opened, ...options })
  const checkPresence = createPresenceReconciler(presence, store, admin)
  const tasks = [
    repeat(RECONCILE_INTERVAL_MS, sweep, onError),
    repeat(RECONCILE_INTERVAL_MS, sweepTokens, onError),
    repeat(PRESENCE_CHECK_MS, checkPresence, onError),
  ]
  const pulse = createHeartbeat(connections, options.pingIntervalMs)

  /** A revocation that no pub/sub carried. */
  async function sweepTokens(): Promise<void> {
    if (connections.size > 0) closeTokens(await readRevokedTokens(db))
  }

  function closeTokens(tokenIds: Set<number>): void {
    if (tokenIds.size === 0) return
    for (const connection of connections) {
      if (tokenIds.has(connection.account.tokenId)) connection.close(closeCodes.tokenRevoked, 'token revoked')
    }
  }

  /**
   * What `ready` says may not lag behind what was delivered to others: then the next live frame would leave a hole. Where it
   * goes on to do so, the database is at an earlier state.
   */
  async function makeStoreReady(connection: Connection): Promise<void> {
    const { id } = connection.account
    for (let attempt = 0; attempt < READY_ATTEMPTS && connection.isOpen; attempt++) {
      const before = store.activeSessionOf(id)
      const [last, resets] = [before?.last ?? 0, before?.resets]
      const ready = await readReady(id)
      const { session } = ready
      const position = session === null ? undefined : store.sequencer.positions.get(session.id)
      await position?.beginning
      if (position && position === before && last > (session?.seq ?? 0)) await store.sequencer.reset(position)
      if (position && (position.last > (session?.seq ?? 0) || position.resets !== resets)) continue
      // A session that has begun or ended since it was read, or is gone.
      if (session === null && store.activeSessionOf(id) !== before) continue
      connection.ready(readyFrame(connection, ready), session ?? undefined)
      const active = store.activeSessionOf(id)
      if (active) {
        store.typingAndPresence.repeatPresence(connection, active.sessionId)
        if (active.holderId !== null) store.typingAndPresence.doubtPresence(active.sessionId, false)
      }
      return
    }
    if (connection.isOpen) throw unavailable()
  }

  async function makeAdminReady(connection: Connection): Promise<void> {
    connection.ready(readyFrame(connection, { session: null, epoch: await readEpoch() }))
    for (const sessionId of admin.typingAndPresence.onlineSessions()) {
      const holderId = admin.sequencer.positions.get(sessionId)?.holderId
      if (holderId === null || holderId === connection.account.id)
        admin.typingAndPresence.repeatPresence(connection, sessionId)
    }
  }

  const readyFrame = ({ account: { side, id } }: Connection, { session, epoch }: Ready) =>
    encodeFrame('ready', { session, resume: true, epoch, account: { side, id }, limits: options.clientLimits })

  return {
    store,
    admin,
    deliveryReceipts,
    /** What a resume is answered with. */
    resume: { readSync, turns: createAccountTurns(), deliveryReceipts },
    connectionCount: () => connections.size,
    /** Takes a socket in and sends `ready`. */
    async enter(connection: Connection): Promise<void> {
      connections.add(connection)
      if (connection.account.side === 'store') {
        await store.subscriptions.enter(connection.account.id, connection, () => makeStoreReady(connection))
      } else {
        await admin.enter(connection, () => makeAdminReady(connection))
      }
      if (!connections.has(connection)) leave(connection)
      if (connection.account.side === 'admin') checkPresence.soon()
    },
    leave,
    /** Asks every client to go elsewhere, spread over a few seconds; resolves when all have gone. */
    async drain(): Promise<void> {
      const all = [...connections]
      const spreadMs = Math.min(LONGEST_DRAIN_MS, all.length * DRAIN_PER_SOCKET_MS)
      await Promise.all(
        all.map(async (connection, index) => {
          await new Promise((resolve) => setTimeout(resolve, (spreadMs * index) / all.length))
          await connection.closeWhenDone(closeCodes.goingAway, 'node going away')
        }),
      )
    },
    async close(): Promise<void> {
      stopListening()
      pulse.stop()
      await Promise.all(tasks.map((task) => task.stop()))
      checkPresence.stop()
      for (const connection of connections) connection.socket.terminate()
      await deliveryReceipts.close().catch(onError)
      await store.close()
      await admin.close()
      await presence.close().catch(onError)
    },
  }

  function leave(connection: Connection): void {
    connections.delete(connection)
    if (connection.account.side === 'store') store.subscriptions.leave(connection.account.id, connection)
    else admin.leave(connection)
  }
}

export type Hub = Awaited<ReturnType<typeof openHub>>
