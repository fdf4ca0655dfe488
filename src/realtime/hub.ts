import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Credentials } from '../accounts/credentials.js'
import type { Database } from '../database/database.js'
import type { ClientLimits } from '../client-limits.js'
import { findEpochExpressions } from '../database/epoch.js'
import { unavailable } from '../errors.js'
import { createAccountTurns } from './account-turns.js'
import { createAdminSide } from './admin-side.js'
import type { Connection } from './connection.js'
import { createDeliveryMarks } from './delivery-marks.js'
import { closeCodes, frame } from './frames.js'
import { readMoment } from './heads.js'
import { createPresence } from './presence.js'
import { createEpochReader, createReadyReader, type Ready } from './read-ready.js'
import { createSyncReader } from './read-syncs.js'
import type { Relay } from './relay.js'
import { createStoreSide } from './store-side.js'
import { createSweep, SWEEP_INTERVAL_MS } from './sweep.js'
import { createPresenceCheck } from './presence-check.js'
import { createPulse } from './pulse.js'
import { repeat } from './repeat.js'

const PRESENCE_CHECK_MS = 5000
const LONGEST_DRAIN_MS = 3000
/** Few sockets need no spreading. */
const DRAIN_PER_SOCKET_MS = 6
/** Each attempt fails only when the session begins or ends, or events of it are delivered, while it is read. */
const READY_ATTEMPTS = 20
/** Of what may wait for a slow reader, a sync takes no more than this part. */
const SYNC_PART = 0.5

export interface HubDeps {
  db: Database
  relay: Relay
  credentials: Credentials
  log: FastifyBaseLogger
}

export interface HubOptions {
  pingIntervalMs: number
  longestStatementMs: number
  bufferBytes: number
  /** What clients may send on a socket, as they are told. */
  clientLimits: ClientLimits
}

/**
 * This node's sockets, and what brings to them what concerns them. A socket that has entered gets every durable event of
 * its sessions from then on, in order and once, whatever the relay loses; until `leave`.
 */
export async function openHub({ db, relay, credentials, log }: HubDeps, options: HubOptions) {
  const onError = (error: unknown) => log.warn({ err: error }, 'realtime')
  const presence = createPresence(db, relay, randomUUID(), onError)
  const marks = createDeliveryMarks(db, relay, onError)
  const epoch = await findEpochExpressions(db)
  // Before any socket is taken in: nothing that begins after that is overlooked.
  const opened = await readMoment(db, epoch)
  const readSync = createSyncReader(db, epoch, options.bufferBytes * SYNC_PART)
  const readReady = createReadyReader(db, epoch)
  const readEpoch = createEpochReader(db, epoch)
  const room = { db, relay, marks, presence, readSync, onError, onPresenceDoubt: () => checkPresence.doubtedSoon() }
  const store = createStoreSide(room)
  const admin = createAdminSide(room)
  const connections = new Set<Connection>()

  await presence.open()
  const stopListening = credentials.onAnnouncement(closeEnded)
  const sweep = createSweep(db, epoch, { store, admin }, { opened, ...options })
  const checkPresence = createPresenceCheck(presence, store, admin)
  const tasks = [
    repeat(SWEEP_INTERVAL_MS, sweep, onError),
    repeat(SWEEP_INTERVAL_MS, sweepCredentials, onError),
    repeat(PRESENCE_CHECK_MS, checkPresence, onError),
  ]
  const pulse = createPulse(connections, options.pingIntervalMs)

  /** A revocation that no relay carried. */
  async function sweepCredentials(): Promise<void> {
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
        store.passing.repeatPresence(connection, active.sessionId)
        if (active.holderId !== null) store.passing.doubtPresence(active.sessionId, false)
      }
      return
    }
    if (connection.isOpen) throw unavailable()
  }

  async function makeAdminReady(connection: Connection): Promise<void> {
    connection.ready(readyFrame(connection, { session: null, epoch: await readEpoch() }))
    for (const sessionId of admin.passing.onlineSessions()) {
      const holderId = admin.sequencer.positions.get(sessionId)?.holderId
      if (holderId === null || holderId === connection.account.id) admin.passing.repeatPresence(connection, sessionId)
    }
  }

  function readyFrame({ account: { side, id, role } }: Connection, { session, epoch }: Ready): string {
    const account = { side, id, ...(role && { role }) }
    return frame('ready', { session, resume: true, epoch, account, limits: options.clientLimits })
  }

  return {
    store,
    admin,
    marks,
    /** What a resume is answered with. */
    resume: { readSync, turns: createAccountTurns(), marks },
    connectionCount: () => connections.size,
    /** Takes a socket in and sends `ready`. */
    async enter(connection: Connection): Promise<void> {
      connections.add(connection)
      if (connection.account.side === 'store') {
        await store.roster.enter(connection.account.id, connection, () => makeStoreReady(connection))
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
      await marks.close().catch(onError)
      await store.close()
      await admin.close()
      await presence.close().catch(onError)
    },
  }

  function leave(connection: Connection): void {
    connections.delete(connection)
    if (connection.account.side === 'store') store.roster.leave(connection.account.id, connection)
    else admin.leave(connection)
  }
}

export type Hub = Awaited<ReturnType<typeof openHub>>
