import { idOrNull } from '../sql.js'
import { Prisma } from '../../generated/prisma/client.js'
import { readSessionJson, type SessionJson } from './sessions.js'
import type { Session } from '../../protocol/schemas/sessions.js'

export type SessionChangeKind = 'create' | 'claim' | 'release' | 'transfer' | 'close'

/** A durable change of a session, with what its event needs. */
export interface SessionChange {
  kind: SessionChangeKind
  sessionId: number
  storeId: number
  seq: number
  /** The seq of the previous change; 0 for a creation. Only messages lie between the two. */
  previousChangeSeq: number
  /** When the previous event was committed, in milliseconds since the epoch; undefined for a creation. */
  previousAt?: number | undefined
  adminId: number | null
  previousAdminId: number | null
  /** The session after the change. */
  session: Session
}

export interface SessionChangeRow {
  kind: SessionChangeKind
  sessionId: bigint
  storeId: bigint
  seq: bigint
  previousChangeSeq: bigint
  previousUpdated?: Date
  adminId: bigint | null
  previousAdminId: bigint | null
  session: SessionJson
}

/** The columns of chat_session_change, where `change` is its alias. */
export const changeColumns = Prisma.raw(`
  change.kind::text, change.session_id as "sessionId", change.seq, change.admin_id as "adminId",
  change.previous_admin_id as "previousAdminId", change.session`)

export function toSessionChange(row: SessionChangeRow): SessionChange {
  return {
    kind: row.kind,
    sessionId: Number(row.sessionId),
    storeId: Number(row.storeId),
    seq: Number(row.seq),
    previousChangeSeq: Number(row.previousChangeSeq),
    previousAt: row.previousUpdated?.getTime(),
    adminId: idOrNull(row.adminId),
    previousAdminId: idOrNull(row.previousAdminId),
    session: readSessionJson(row.session),
  }
}
