import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { listenToRevocations, readRevokedTokens } from '../accounts/authentication.js'
import type { Database } from '../database/database.js'
import { gatherReads } from '../database/gather.js'
import { createAdminSide } from './admin-side.js'
import { readReadySessions } from './catch-up.js'
import type { Connection } from './connection.js'
import { createDeliveryMarks } from './delivery-marks.js'
import { closeCodes, frame } from './frames.js'
import { createPresence } from './presence.js'
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

export interface HubOptions {
  pingIntervalMs: number
  longestStatementMs: number
}

/**
 * This node's sockets, and what brings to them what concerns them. A socket that has entered gets every durable event of
 * its sessions from then on, in order and once, whatever the relay loses; until `leave`.
 */
export async function openHub(db: Database, relay: Relay, log: FastifyBaseLogger, options: HubOptions) {
  const onError = (error: unknown) => log.warn({ err: error }, 'realtime')
  const presence = createPresence(db, relay, randomUUID(), onError)
  const marks = createDeliveryMarks(db, relay, onError)
  const room = { db, relay, marks, presence, onError, onPresenceDoubt: () => checkPresence.doubtedSoon() }
  const store = createStoreSide(room)
  const admin = createAdminSide(room)
  const connections = new Set<Connection>()
  const readReadySession = gatherReads((storeIds: number[]) => readReadySessions(db, storeIds))

  await presence.open()
  const stopListening = await listenToRevocations(relay, (tokenId) => closeTokens(new Set([tokenId])))
  const sweep = createSweep(db, store, admin, options.longestStatementMs)
  const checkPresence = createPresenceCheck(presence, store, admin)
  const tasks = [
    repeat(SWEEP_INTERVAL_MS, sweep, onError),
    repeat(SWEEP_INTERVAL_MS, sweepTokens, onError),
    repeat(PRESENCE_CHECK_MS, checkPresence, onError),
  ]
  const pulse = createPulse(connections, options.pingIntervalMs)

  /** A revocation that no relay carried. */
  async function sweepTokens(): Promise<void> {
    if (connections.size > 0) closeTokens(await readRevokedTokens(db))
  }

  function closeTokens(tokenIds: Set<number>): void {
    if (tokenIds.size === 0) return
    for (const connection of connections) {
      if (tokenIds.has(connection.account.tokenId)) connection.close(closeCodes.tokenRevoked, 'token revoked')
    }
  }

  /** What `ready` says may not lag behind what was delivered to others: then the next live frame would leave a hole. */
  async function makeStoreReady(connection: Connection): Promise<void> {
    const { id } = connection.account
    for (;;) {
      const before = store.activeSessionOf(id)
      const session = await readReadySession(id)
      const position = session && store.sequencer.positions.get(session.id)
      if (position && Number.isFinite(position.last) && position.last > session.seq) continue
      // A session that has begun since it was read.
      if (session === undefined && store.activeSessionOf(id) !== before) continue
      connection.ready(frame('ready', { session: session ?? null, resume: true }), session)
      const active = store.activeSessionOf(id)
      if (active) {
        store.passing.repeatPresence(connection, active.sessionId)
        if (active.holderId !== null) store.passing.doubtPresence(active.sessionId, false)
      }
      return
    }
  }

  function makeAdminReady(connection: Connection): void {
    connection.ready(frame('ready', { session: null, resume: true }))
    for (const sessionId of admin.passing.onlineSessions()) {
      const holderId = admin.sequencer.positions.get(sessionId)?.holderId
      if (holderId === null || holderId === connection.account.id) admin.passing.repeatPresence(connection, sessionId)
    }
  }

  return {
    store,
    admin,
    marks,
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
