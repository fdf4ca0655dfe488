import { timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { hashToken, readAuthorization } from '../accounts/tokens.js'
import { tooMany } from '../errors/request-error.js'
import { readAddressBlock } from '../limits/address-block.js'
import type { Limits } from '../limits/limits.js'
import { RateLimiter } from '../limits/rate-limiter.js'

/** Beyond what the failed authentications of an address are limited to anyway. */
const MOST_GUESSES_PER_MINUTE = 60
const MOST_ADDRESSES = 10_000
const TRUSTED_MS = 3_600_000

export interface PlatformAccess {
  /** One token, or two while it is being rotated, separated by a comma. */
  platformToken: string
  /** 0: not limited. */
  failedAuthPerMinute: number
}

/** What the check needs of a request. */
interface PlatformRequest {
  headers: { authorization?: string | undefined }
  /** The client's address. */
  ip: string
}

/**
 * A hook that lets only the platform's backend through. From an address with too many wrong guesses not even the right
 * token is taken, so that guessing leads nowhere; an address from which the platform called within the last hour is exempt.
 */
export function createPlatformCheck({ platformToken, failedAuthPerMinute }: PlatformAccess, limits: Limits) {
  const expected = platformToken.split(',').map((token) => hashToken(token.trim()))
  const burst = Math.min(failedAuthPerMinute, MOST_GUESSES_PER_MINUTE)
  const guesses = new RateLimiter({ perSecond: burst / 60, burst }, MOST_ADDRESSES)
  const trusted = new LRUCache<string, true>({ max: MOST_ADDRESSES, ttl: TRUSTED_MS })

  /** Compares with all of them, so that the time does not tell which one it is. */
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
