import { ADMINS_CHANNEL, adminChannel, type Announcement, type ChangeEvent, type DurableEvent } from './announce.js'
import { readDatabaseClock } from './catch-up.js'
import type { Connection } from './connection.js'
import { readActiveHeads, readFloor, readHeadsOfAdmins, type Floor, type Head } from './heads.js'
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
import { createUnread } from './unread.js'

/** The one entry of the roster of everyone. */
const EVERYONE = 0
/** An admin who holds and held nothing: no account has this id. */
const NOBODY = 0
/** Stragglers of a closed session are not older than this. */
const CLOSED_IS_KNOWN_MS = 60_000

/**
 * Brings to this node's admin sockets what concerns them: every change of any session, the messages of the open ones, and
 * the messages of those they hold. A node therefore sees the whole of a session only while it is open or its holder is
 * connected here; of the others it sees the changes.
 */
export function createAdminSide(room: DeliveryRoom) {
  const { db, relay, onError } = room
  const holdersHere = new Set<number>()
  const closed: { sessionId: number; at: number }[] = []
  let listeningSince = Date.now()
  let floor: Floor = { messageId: 0, changeId: 0 }

  /** A session is gone that admins here know of. */
  let isBereft = false

  const everyone = createRoster(openEveryone)
  const roster = createRoster(openAdmin)
  const sequencer = createFilledSequencer(room, {
    predecessorOf,
    deliver,
    listeningSince: () => listeningSince,
    toStanding,
    onReset,
    onVanished: ({ sessionId }) => {
      forget(sessionId)
      isBereft = true
    },
  })
  const send = (sessionId: number, text: string) => {
    const position = sequencer.positions.get(sessionId)
    if (position) for (const connection of connectionsOf(position.holderId)) connection.send(text)
  }
  const ticks = createTicks((session_id, status, up_to_message_id) =>
    send(session_id, frame('message_status', { session_id, status, up_to_message_id, by: 'store' })),
  )
  const passing = createPassing('store', send, room.onPresenceDoubt)
  const sendTo = (adminId: number, text: string) => {
    for (const connection of roster.connectionsOf(adminId)) connection.send(text)
  }
  const unread = createUnread(db, sendTo, onError)

  const connectionsOf = (holderId: number | null) =>
    holderId === null ? everyone.connectionsOf(EVERYONE) : roster.connectionsOf(holderId)

  async function openEveryone(): Promise<() => void> {
    const leave = await listenAndRead(relay, ADMINS_CHANNEL, receive, async () => {
      listeningSince = await readDatabaseClock(db)
      floor = await readFloor(db)
      for (const head of await readActiveHeads(db)) start(head)
    })
    return () => {
      leave()
      for (const sessionId of sequencer.positions.keys()) forget(sessionId)
    }
  }

  async function openAdmin(adminId: number) {
    const leave = await listenAndRead(relay, adminChannel(adminId), receive, async () => {
      const heads = await readHeadsOfAdmins(db, [adminId])
      // Before anybody is told as this holder: what came in its absence is not live.
      await Promise.all(heads.map(finishChanges))
      holdersHere.add(adminId)
      for (const head of heads) start(head)
    })
    await room.presence.enter({ side: 'admin', id: adminId })
    return () => {
      leave()
      holdersHere.delete(adminId)
      unread.forget(adminId)
      return room.presence.leave({ side: 'admin', id: adminId })
    }
  }

  /** A change that is on its way, or was lost, is still owed to the other admins here. */
  const owesChange = ({ sessionId, changeSeq }: Head) =>
    (sequencer.positions.get(sessionId)?.last ?? changeSeq) < changeSeq

  async function finishChanges(head: Head): Promise<void> {
    const position = sequencer.positions.get(head.sessionId)
    if (position && owesChange(head)) await sequencer.fill(position)
  }

  /** A session whose holder is not connected here is seen only as far as its changes go. */
  function toStanding({ storeId, holderId, isClosed, seq, changeSeq, updated }: Head): Standing {
    const isSeen = holderId === null || holdersHere.has(holderId) || changeSeq === seq
    return { storeId, holderId, isClosed, last: isSeen ? seq : changeSeq, lastAt: isSeen ? updated : undefined }
  }

  /** The session is at an earlier state, in which ids may be given again: its holder is told of it, and what others may see the others. */
  async function onReset({ sessionId, holderId }: Position): Promise<void> {
    const readAs = (id: number) =>
      room.readSync({ account: { side: 'admin', id }, sessionId, after: null, before: null, epoch: null })
    const [forOthers, forHolder] = await Promise.all([readAs(NOBODY), readAs(holderId ?? NOBODY)])
    if (forOthers === undefined || forHolder === undefined) return
    room.marks.forget(sessionId)
    ticks.forget(sessionId)
    ticks.start(sessionId, { delivered: forHolder.deliveredUpTo, read: forHolder.readUpTo })
    const connections = [...everyone.connectionsOf(EVERYONE)]
    const isHolder = ({ account }: Connection) => account.id === holderId
    sendReset(connections.filter(isHolder), sessionId, forHolder)
    sendReset(
      connections.filter((connection) => !isHolder(connection)),
      sessionId,
      forOthers,
    )
    if (forHolder.newestForeignId !== null && connections.some((one) => holderId === null || isHolder(one))) {
      room.marks.note(sessionId, 'admin', forHolder.newestForeignId)
    }
  }

  function start(head: Head): void {
    if (owesChange(head)) return
    sequencer.start({ sessionId: head.sessionId, ...toStanding(head) })
    ticks.start(head.sessionId, { delivered: head.deliveredTo.store, read: head.readBy.store })
  }

  /** What nobody here could see need not have been delivered. */
  function predecessorOf(event: DurableEvent): number {
    if ('message' in event) return event.message.seq - 1
    const { seq, previousHolderId, previousChangeSeq } = event.change
    return previousHolderId === null || holdersHere.has(previousHolderId) ? seq - 1 : previousChangeSeq
  }

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
    } else if ('unreadOf' in announcement) unread.recount(announcement.unreadOf)
  }

  function deliver(event: DurableEvent): void {
    const { sessionId, seq } = factsOf(event)
    const isChange = 'change' in event
    const encoded = encodeTextFrame(event.frame)
    let isTold = false
    for (const connection of connectionsOf(isChange ? null : event.message.holderId)) {
      if (connection.sendLive(sessionId, seq, encoded)) isTold = true
    }
    if (isChange) followAudience(event.change)
    if (isChange && event.change.kind === 'close') closed.push({ sessionId, at: Date.now() })
    if (isChange || event.message.senderType === 'admin') return
    const { messageId, holderId } = event.message
    if (isTold) room.marks.note(sessionId, 'admin', messageId)
    for (const adminId of holderId === null ? roster.ids() : [holderId]) if (roster.has(adminId)) unread.add(adminId)
  }

  /** Who sees a session now and did not before is told its store's presence: each admin of a released one, a new holder. */
  function followAudience({ sessionId, kind, holderId }: ChangeEvent): void {
    if (kind === 'close' || (holderId !== null && !holdersHere.has(holderId))) return
    passing.doubtPresence(sessionId, kind === 'release' || kind === 'transfer')
  }

  function forget(sessionId: number): void {
    sequencer.forget(sessionId)
    ticks.forget(sessionId)
    passing.forget(sessionId)
  }

  return {
    roster,
    everyone,
    sequencer,
    ticks,
    passing,
    start,
    listeningSince: () => listeningSince,
    floor: () => floor,
    isAnybodyHere: () => everyone.has(EVERYONE),
    holdersHere,
    /** The sessions that admins here hold, as far as is known here. */
    heldSessions: () =>
      [...sequencer.positions.values()].filter(
        ({ holderId, isClosed }) => !isClosed && holderId !== null && holdersHere.has(holderId),
      ),
    /** The sessions whose store's presence somebody here is shown: those held here, and those told to be online. */
    watchedSessions(): Position[] {
      const online = new Set(passing.onlineSessions())
      return [...sequencer.positions.values()].filter(
        ({ sessionId, holderId, isClosed }) =>
          !isClosed && (online.has(sessionId) || (holderId !== null && holdersHere.has(holderId))),
      )
    },
    async enter(connection: Connection, prepare: () => Promise<void> | void): Promise<void> {
      await everyone.enter(EVERYONE, connection, () => roster.enter(connection.account.id, connection, prepare))
    },
    leave(connection: Connection): boolean {
      everyone.leave(EVERYONE, connection)
      return roster.leave(connection.account.id, connection)
    },
    /** Has clients that know of a session that is gone find out by themselves what there is. */
    dismissBereft(): void {
      if (isBereft) sendElsewhere(everyone.connectionsOf(EVERYONE))
      isBereft = false
    },
    /** The numbers of unread notifications may have changed without a word. */
    recountUnread(): void {
      for (const adminId of roster.ids()) unread.recount(adminId)
    },
    /** Forgets sessions that were closed long ago. */
    tidy(): void {
      const oldest = Date.now() - CLOSED_IS_KNOWN_MS
      while (closed[0] !== undefined && closed[0].at < oldest) {
        const sessionId = closed.shift()?.sessionId ?? 0
        // It may be active again: the database was at an earlier state.
        if (sequencer.positions.get(sessionId)?.isClosed !== false) forget(sessionId)
      }
    },
    async close(): Promise<void> {
      await roster.close()
      await everyone.close()
      sequencer.clear()
      ticks.close()
      passing.close()
      unread.close()
    },
  }
}

export type AdminSide = ReturnType<typeof createAdminSide>
