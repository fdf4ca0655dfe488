import { timingSafeEqual } from 'node:crypto'
import { hashToken, readAuthorization } from '../accounts/tokens.js'
import { tooMany } from '../errors/request-error.js'
import { readAddressBlock } from '../limits/address-block.js'
import type { Limits } from '../limits/limits.js'
import { createCache } from '../memory/create-cache.js'
import { RateLimiter } from '../limits/rate-limiter.js'

/**
 * Wrong platform tokens per minute from one address. LIMIT_FAILED_AUTH_PER_MINUTE applies as well; a smaller value
 * lowers this limit, and 0 switches it off.
 */
const MAX_GUESSES_PER_MINUTE = 60
const MAX_ADDRESSES = 10_000
const TRUSTED_MS = 3_600_000

export interface PlatformAccess {
  /** One token, or two while it is being rotated, separated by a comma. */
  platformToken: string
  /** 0: no limit. */
  failedAuthPerMinute: number
}

/** The properties of a request that the check uses. */
interface PlatformRequest {
  headers: { authorization?: string | undefined }
  /** The client's address. */
  ip: string
}

/**
 * Creates a hook that admits only the platform's backend. An address that sent too many wrong tokens is refused even
 * with the right one, so that guessing is useless. An address from which the platform called within the last hour is
 * exempt.
 */
export function createPlatformCheck({ platformToken, failedAuthPerMinute }: PlatformAccess, limits: Limits) {
  const expected = platformToken.split(',').map((token) => hashToken(token.trim()))
  const burst = Math.min(failedAuthPerMinute, MAX_GUESSES_PER_MINUTE)
  const guesses = new RateLimiter({ perSecond: burst / 60, burst }, MAX_ADDRESSES)
  const trusted = createCache<string, true>(MAX_ADDRESSES, { ttl: TRUSTED_MS })

  /** Compares with every token, so that the time does not show which one matches. */
  function isRight(token: string): boolean {
    const hash = hashToken(token)
    return expected.map((one) => timingSafeEqual(hash, one)).includes(true)
  }

  return async ({ headers, ip }: PlatformRequest): Promise<void> => {
    const token = readAuthorization(headers.authorization)
    if (token === undefined) throw limits.failAuthentication({ ip })
    const address = readAddressBlock(ip)
    const waitMs = trusted.has(address) ? 0 : guesses.waitMs(address)
    if (waitMs > 0) throw tooMany('Too many failed authentications from this address', Math.ceil(waitMs / 1000))
    if (!isRight(token)) {
      guesses.charge(address, 1)
      throw limits.failAuthentication({ ip })
    }
    trusted.set(address, true)
  }
}
