export type Side = 'store' | 'admin'

/** A supervisor may also read, release, transfer and close the sessions of other admins. */
export type AdminRole = 'agent' | 'supervisor'

/** The store or admin that a token or a JWT belongs to. */
export interface Account {
  side: Side
  id: number
  /** Only of an admin. */
  role?: AdminRole
  /** Only of a token of this service. */
  tokenId?: number
  /** Only of a JWT: when it was issued, in milliseconds since the epoch; -Infinity where it does not say. */
  issuedAt?: number
  /** When the token ends, in milliseconds since the epoch; Infinity for never. */
  expiresAt: number
}
