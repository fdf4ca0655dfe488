import { tooMany, unauthorized, type RequestError } from '../errors/request-error.js'
import { readAddressBlock } from './address-block.js'
import { RateLimiter, type Rate } from './rate-limiter.js'
import { shareUsage } from './share-usage.js'
import type { Account } from '../protocol/account.js'
import type { SharedCounters } from '../pubsub/shared-counters.js'

/** The most keys of accounts and of addresses in memory; an entry takes about 150 bytes. */
const MOST_ACCOUNTS = 50_000
const MOST_ADDRESSES = 50_000
/** A request costs one unit, and one more for each so many bytes of its answer. */
const BYTES_OF_A_UNIT = 16_384

export interface LimitSettings {
  requests: Rate
  messages: Rate
  failedAuthPerMinute: number
}

/** What was refused on this node since its start. */
export interface LimitCounts {
  requests: number
  messages: number
  /** Authentications that failed, those beyond the limit included. */
  failedAuthentications: number
  /** Authentications that were refused because their address had failed too often. */
  addresses: number
}

/** A request's client. Its address is read only when it matters: Node.js keeps it with the socket from then on. */
export interface Client {
  readonly ip: string
}

/** The rate limits of accounts and addresses, shared by the nodes. All decisions are synchronous, in memory. */
export interface Limits {
  /** @throws RequestError 429 with `Retry-After` when the account has used its requests */
  takeRequest(account: Account): void
  /** Counts a large answer as several requests. That delays the account's next requests, not this one. */
  chargeAnswer(account: Account, bytes: number): void
  /**
   * Admits as many messages, from the first on, as the account may send, and returns the refusal of the others. Repeated
   * messages count: they cost as much.
   */
  takeMessages(account: Account, count: number): { admitted: number; refusal?: RequestError }
  /** Whether authentication failed too often from the client's address: only known tokens are checked then. */
  isBlocked(client: Client): boolean
  /** Counts a failed authentication. Returns its refusal: 401, or 429 when there are too many. */
  failAuthentication(client: Client): RequestError
  readonly counts: Readonly<LimitCounts>
  /** The number of keys in memory. */
  size(): number
  close(): void
}

/** Without shared counters the node limits by itself. */
export function openLimits(
  settings: LimitSettings,
  counters: SharedCounters | undefined,
  onSharingChange: (error?: Error) => void,
): Limits {
  const { failedAuthPerMinute } = settings
  const requests = new RateLimiter(settings.requests, MOST_ACCOUNTS)
  const messages = new RateLimiter(settings.messages, MOST_ACCOUNTS)
  const failures = new RateLimiter({ perSecond: failedAuthPerMinute / 60, burst: failedAuthPerMinute }, MOST_ADDRESSES)
  const limiters = { requests, messages, failures }
  const counts: LimitCounts = { requests: 0, messages: 0, failedAuthentications: 0, addresses: 0 }
  const sharing = counters && shareUsage(counters, limiters, onSharingChange)

  return {
    takeRequest(account) {
      const waitMs = requests.take(nameAccount(account))
      if (waitMs === 0) return
      counts.requests++
      throw refuse('Too many requests for this account', waitMs)
    },
    chargeAnswer(account, bytes) {
      requests.charge(nameAccount(account), Math.floor(bytes / BYTES_OF_A_UNIT))
    },
    takeMessages(account, count) {
      const key = nameAccount(account)
      for (let admitted = 0; admitted < count; admitted++) {
        const waitMs = messages.take(key)
        if (waitMs === 0) continue
        counts.messages += count - admitted
        return { admitted, refusal: refuse('Too many messages for this account', waitMs) }
      }
      return { admitted: count }
    },
    isBlocked: (client) => failures.size > 0 && failures.waitMs(readAddressBlock(client.ip)) > 0,
    failAuthentication({ ip }) {
      const waitMs = failures.take(readAddressBlock(ip))
      counts.failedAuthentications++
      if (waitMs === 0) return unauthorized()
      counts.addresses++
      return refuse('Too many failed authentications from this address', waitMs)
    },
    counts,
    size: () => Object.values(limiters).reduce((sum, limiter) => sum + limiter.size, 0),
    close: () => sharing?.close(),
  }
}

/** Names an account, unique among stores and admins. */
export const nameAccount = ({ side, id }: Account) => `${side}:${id}`
const refuse = (message: string, waitMs: number) => tooMany(message, Math.ceil(waitMs / 1000))
