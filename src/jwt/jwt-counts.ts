/**
 * Why a JWT was refused. `key`: the key that it names is unknown. `malformed`: it is not a JWT, or not of an allowed
 * kind.
 */
export type JwtRefusal = 'expired' | 'claims' | 'signature' | 'key' | 'malformed'

/** How often the key set of the platform was read. */
export interface KeySetCounts {
  read: number
  failed: number
}

/** Outcomes of reading JWTs on this node since its start. */
export interface JwtCounts {
  readonly refused: Record<JwtRefusal, number>
  readonly keySet: KeySetCounts
}

export const createJwtCounts = (): JwtCounts => ({
  refused: { expired: 0, claims: 0, signature: 0, key: 0, malformed: 0 },
  keySet: { read: 0, failed: 0 },
})

/** Error codes of jose, by the reason that they mean. */
const reasons: Record<string, JwtRefusal> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'claims',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
  ERR_JWKS_NO_MATCHING_KEY: 'key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'key',
}

export const readRefusal = (error: unknown): JwtRefusal =>
  reasons[String((error as { code?: unknown }).code)] ?? 'malformed'
