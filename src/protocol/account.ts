export type Side = 'store' | 'admin'

/** Whom a token belongs to. */
export interface Account {
  side: Side
  id: number
  tokenId: number
  /** When the token ends, in milliseconds since the epoch; Infinity for never. */
  expiresAt: number
}
