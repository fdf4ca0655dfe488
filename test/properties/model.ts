import { strictEqual } from 'node:assert'

export type Side = 'store' | 'admin'

export interface ModelMessage {
  id: number
  side: Side
  senderId: number
  /** Who held the session when a store wrote it. */
  holderId: number | null
  content: string
  key: string | undefined
}

export interface ModelSession {
  id: number
  storeId: number
  holderId: number | null
  status: 'open' | 'claimed' | 'closed'
  /** What has happened to it, as in the database. */
  story: string[]
  messages: ModelMessage[]
  /** The watermarks of each side. */
  received: Record<Side, number>
  read: Record<Side, number>
}

const otherSide = { store: 'admin', admin: 'store' } as const

/** A model of the service: sequential, in memory, without SQL. */
export class Model {
  sessions: ModelSession[] = []
  /** The messages whose notification each admin has read. */
  readBy = new Map<number, Set<number>>()

  activeOf(storeId: number) {
    return this.sessions.find((session) => session.storeId === storeId && session.status !== 'closed')
  }

  open(storeId: number, id: number): ModelSession {
    strictEqual(this.activeOf(storeId), undefined, 'one active session a store')
    const none = () => ({ store: 0, admin: 0 })
    const session: ModelSession = {
      ...{ id, storeId, holderId: null, status: 'open', story: ['create'], messages: [] },
      ...{ received: none(), read: none() },
    }
    this.sessions.push(session)
    return session
  }

  change(session: ModelSession, kind: string, status: ModelSession['status'], holderId: number | null) {
    Object.assign(session, { status, holderId })
    session.story.push(kind)
  }

  append(session: ModelSession, message: Omit<ModelMessage, 'holderId'>): void {
    strictEqual(session.status === 'closed', false, 'nothing after a close')
    session.messages.push({ ...message, holderId: message.side === 'store' ? session.holderId : null })
    session.story.push('message')
  }

  known(side: Side, senderId: number, key: string | undefined) {
    for (const session of this.sessions) {
      const message = session.messages.find((m) => m.side === side && m.senderId === senderId && m.key === key)
      if (message && key !== undefined) return { session, message }
    }
    return undefined
  }

  /** A side fetches messages. */
  receive(session: ModelSession, side: Side, messages = session.messages): void {
    const ids = messages.filter((message) => message.side !== side).map(({ id }) => id)
    session.received[side] = Math.max(session.received[side], ...ids)
  }

  markRead(session: ModelSession, side: Side, adminId?: number): void {
    const ids = session.messages.map(({ id }) => id)
    session.read[side] = Math.max(session.read[side], ...ids)
    session.received[side] = Math.max(session.received[side], ...ids)
    if (adminId !== undefined) ids.forEach((id) => this.readBy.get(adminId)?.add(id))
  }

  statusOf(session: ModelSession, { id, side }: ModelMessage): string {
    const reader = otherSide[side]
    return id <= session.read[reader] ? 'read' : id <= session.received[reader] ? 'delivered' : 'sent'
  }

  /** The messages that concern an admin, newest first. */
  notificationsOf(adminId: number): ModelMessage[] {
    const messages = this.sessions.flatMap((session) => session.messages)
    const concerned = messages.filter((m) => m.side === 'store' && (m.holderId === null || m.holderId === adminId))
    return concerned.sort((a, b) => b.id - a.id)
  }

  isRead = (adminId: number, { id }: ModelMessage) => this.readBy.get(adminId)?.has(id) === true
}
