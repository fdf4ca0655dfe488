import type { Announcement, ChangeEvent, DurableEvent } from './announce.js'
import { storeChannel } from './announce.js'
import { readDatabaseClock } from './catch-up.js'
import { readHeadsOfStores, type Head } from './heads.js'
import { frame } from './frames.js'
import { createPassing } from './passing.js'
import { createRoster } from './roster.js'
import { factsOf, type Position, type Standing } from './sequencer.js'
import {
  createFilledSequencer,
  listenAndRead,
  sendElsewhere,
  sendReset,
  sendSessionRead,
  type DeliveryRoom,
} from './side.js'
import { encodeTextFrame } from './text-frame.js'
import { createTicks } from './ticks.js'

/** Of a store's earlier sessions a few are remembered, for stragglers. */
const MOST_SESSIONS_KNOWN = 8

/** Brings to this node's store sockets what happens in their sessions. A store sees every event of its sessions. */
export function createStoreSide(room: DeliveryRoom) {
  const listeningSince = new Map<number, number>()
  const sessionIds = new Map<number, number[]>()
  /** Stores of which a session is gone. */
  const bereft = new Set<number>()
  const roster = createRoster(openStore)
  const sequencer = createFilledSequencer(room, {
    predecessorOf: (event) => factsOf(event).seq - 1,
    deliver,
    onKnown: ({ storeId, sessionId }) => {
      const known = [...(sessionIds.get(storeId) ?? []), sessionId]
      for (const old of known.splice(0, known.length - MOST_SESSIONS_KNOWN)) forget(old)
      sessionIds.set(storeId, known)
    },
    listeningSince: (event) => listeningSince.get(factsOf(event).storeId) ?? Date.now(),
    toStanding,
    onReset,
    onVanished: ({ storeId, sessionId }) => {
      forget(sessionId)
      bereft.add(storeId)
    },
  })
  const send = (sessionId: number, text: string) => {
    const storeId = sequencer.positions.get(sessionId)?.storeId
    if (storeId === undefined) return
    for (const connection of roster.connectionsOf(storeId)) connection.send(text)
  }
  const ticks = createTicks((session_id, status, up_to_message_id) =>
    send(session_id, frame('message_status', { session_id, status, up_to_message_id, by: 'admin' })),
  )
  const passing = createPassing('admin', send, room.onPresenceDoubt)

  async function openStore(storeId: number) {
    const leave = await listenAndRead(room.relay, storeChannel(storeId), receive, async () => {
      listeningSince.set(storeId, await readDatabaseClock(room.db))
      for (const head of await readHeadsOfStores(room.db, [storeId])) start(head)
    })
    await room.presence.enter({ side: 'store', id: storeId })
    return () => {
      leave()
      listeningSince.delete(storeId)
      for (const { sessionId } of sessionsOf(storeId)) forget(sessionId)
      sessionIds.delete(storeId)
      return room.presence.leave({ side: 'store', id: storeId })
    }
  }

  function forget(sessionId: number): void {
    sequencer.forget(sessionId)
    ticks.forget(sessionId)
    passing.forget(sessionId)
  }

  /** The session is at an earlier state, in which ids may be given again: whoever is here is told of it from its beginning. */
  async function onReset({ sessionId, storeId }: Position): Promise<void> {
    const account = { side: 'store' as const, id: storeId }
    const sync = await room.readSync({ account, sessionId, after: null, before: null, epoch: null })
    if (sync === undefined) return
    room.marks.forget(sessionId)
    ticks.forget(sessionId)
    ticks.start(sessionId, { delivered: sync.deliveredUpTo, read: sync.readUpTo })
    sendReset(roster.connectionsOf(storeId), sessionId, sync)
    if (sync.newestForeignId !== null && !isEmpty(roster.connectionsOf(storeId))) {
      room.marks.note(sessionId, 'store', sync.newestForeignId)
    }
  }

  function start(head: Head): void {
    sequencer.start({ sessionId: head.sessionId, ...toStanding(head) })
    ticks.start(head.sessionId, { delivered: head.deliveredTo.admin, read: head.readBy.admin })
  }

  const sessionsOf = (storeId: number) =>
    (sessionIds.get(storeId) ?? []).flatMap((sessionId) => sequencer.positions.get(sessionId) ?? [])

  /** The session that a store is in, as far as this node knows. */
  const activeSessionOf = (storeId: number) => sessionsOf(storeId).findLast(({ isClosed }) => !isClosed)

  function receive(announcement: Announcement): void {
    if ('message' in announcement || 'change' in announcement) sequencer.accept(announcement)
    else if ('receipt' in announcement) {
      const { sessionId, status, upToMessageId } = announcement.receipt
      ticks.note(sessionId, { [status]: upToMessageId })
    } else if ('sessionRead' in announcement) {
      const { sessionRead } = announcement
      sendSessionRead(roster.connectionsOf(sessionRead.accountId), sessionRead)
    } else if ('typing' in announcement) passing.showTyping(announcement.typing)
    else if ('presence' in announcement) {
      const { sessionId, isOnline } = announcement.presence
      passing.showPresence(sessionId, isOnline)
    }
  }

  function deliver(event: DurableEvent): void {
    const { sessionId, storeId, seq } = factsOf(event)
    const news = 'change' in event ? describeHolder(event.change) : []
    if ('change' in event) followHolder(event.change)
    const encoded = encodeTextFrame(event.frame)
    let isTold = false
    for (const connection of roster.connectionsOf(storeId)) {
      if (!connection.sendLive(sessionId, seq, encoded)) continue
      isTold = true
      for (const text of news) connection.send(text)
    }
    if (!isTold || !('message' in event) || event.message.senderType === 'store') return
    room.marks.note(sessionId, 'store', event.message.messageId)
  }

  /** A store is told the presence of each new holder. */
  function followHolder({ sessionId, kind, holderId }: ChangeEvent): void {
    if (holderId === null) passing.clearPresence(sessionId)
    else if (kind !== 'close') passing.doubtPresence(sessionId, true)
  }

  return {
    roster,
    sequencer,
    ticks,
    passing,
    start,
    activeSessionOf,
    /** Has clients that know of a session that is gone find out by themselves what there is. */
    dismissBereft(): void {
      for (const storeId of bereft) sendElsewhere(roster.connectionsOf(storeId))
      bereft.clear()
    },
    /** The sessions whose end was not delivered here. */
    unended: () => roster.ids().flatMap((storeId) => sessionsOf(storeId).filter(({ isClosed }) => !isClosed)),
    /** Whether a session that is not known has begun, and perhaps ended, since this node listens for its store. */
    isNews({ storeId, sessionId, created, isClosed }: Head): boolean {
      const known = sessionIds.get(storeId) ?? []
      const isForgotten = known.length >= MOST_SESSIONS_KNOWN && sessionId < Math.min(...known)
      return !isForgotten && (!isClosed || created >= (listeningSince.get(storeId) ?? Date.now()))
    },
    activeSessions: () => roster.ids().flatMap((storeId) => activeSessionOf(storeId) ?? []),
    async close(): Promise<void> {
      await roster.close()
      sequencer.clear()
      ticks.close()
      passing.close()
    },
  }
}

export type StoreSide = ReturnType<typeof createStoreSide>

const toStanding = ({ storeId, holderId, isClosed, seq, updated }: Head): Standing => ({
  ...{ storeId, holderId, isClosed },
  ...{ last: seq, lastAt: updated },
})

const isEmpty = (items: Iterable<unknown>) => [...items].length === 0

/** The frames that tell a store who it talks to now. */
function describeHolder({ kind, holderId, previousHolderId }: ChangeEvent): string[] {
  if (kind === 'claim') {
    return [frame('admin_connected', { admin_id: holderId, message: 'An admin has joined the conversation' })]
  }
  if (kind === 'release' || kind === 'transfer') {
    return [frame('admin_disconnected', { admin_id: previousHolderId, message: 'The admin has left the conversation' })]
  }
  return []
}
