export type SessionChangeKind = 'create' | 'claim' | 'release' | 'transfer' | 'close'

/** A durable change of a session, with what its announcement needs. */
export interface SessionChange {
  kind: SessionChangeKind
  sessionId: number
  storeId: number
  seq: number
  /** The seq of the change before this one; 0 for a creation. Between the two lie only messages. */
  previousChangeSeq: number
  adminId: number | null
  previousAdminId: number | null
  /** The session after the change, as JSON. */
  json: string
}

export interface SessionChangeRow {
  kind: SessionChangeKind
  sessionId: bigint
  storeId: bigint
  seq: bigint
  previousChangeSeq: bigint
  adminId: bigint | null
  previousAdminId: bigint | null
  json: string
}

export function toSessionChange(row: SessionChangeRow): SessionChange {
  const idOrNull = (id: bigint | null) => (id === null ? null : Number(id))
  return {
    kind: row.kind,
    sessionId: Number(row.sessionId),
    storeId: Number(row.storeId),
    seq: Number(row.seq),
    previousChangeSeq: Number(row.previousChangeSeq),
    adminId: idOrNull(row.adminId),
    previousAdminId: idOrNull(row.previousAdminId),
    json: row.json,
  }
}
