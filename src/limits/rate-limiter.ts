/** `perSecond` in the long run and `burst` at once. Either of them 0: no limit. */
export interface Rate {
  perSecond: number
  burst: number
}

/** The use of a key on this node, for the other nodes. */
export interface Usage {
  key: string
  /** How much of the limiter's window was used since the last report, in ms. */
  costMs: number
}

interface Bucket {
  /** When everything that was used is refilled, in ms of the monotonic clock: the "theoretical arrival time" of GCRA. */
  refilledAt: number
  /** What this node has used and not reported, in units. */
  unreported: number
  usedAt: number
  isQueued: boolean
}

/** The most bursts that a key may owe: units are taken before their cost is known, and on several nodes at once. */
const MOST_BURSTS_OWED = 2
/** A tolerance for rounding: without it the last unit of a burst could be refused. */
const ROUNDING_MS = 1e-3
/**
 * Each node may use this share of rate and burst without reporting it. So accounts with little use, which are nearly all,
 * cause no traffic between the nodes.
 */
const UNREPORTED_SHARE = 1 / 16

/**
 * Limits the use of something by key, with the generic cell rate algorithm (GCRA): one number per key, no timer, no queue.
 * All decisions are synchronous, in memory.
 *
 * Unused keys cost nothing. Keys are kept in two generations; the older one is dropped when everything used in it is
 * refilled, or when a generation holds `mostKeys`.
 */
export class RateLimiter {
  readonly #intervalMs: number
  readonly #windowMs: number
  readonly #rate: Rate
  readonly #mostKeys: number
  readonly #now: () => number
  #young = new Map<string, Bucket>()
  #old = new Map<string, Bucket>()
  #rotatedAt: number
  readonly #queued = new Map<string, Bucket>()
  #onUsage: (() => void) | undefined

  constructor(rate: Rate, mostKeys: number, now: () => number = () => performance.now()) {
    this.#rate = rate
    this.#mostKeys = mostKeys
    this.#now = now
    this.#intervalMs = 1000 / rate.perSecond
    this.#windowMs = rate.burst * this.#intervalMs
    this.#rotatedAt = now()
  }

  get isOff(): boolean {
    return this.#rate.perSecond === 0 || this.#rate.burst === 0
  }

  /** How many keys are in memory. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** The most that a key may owe, in ms. */
  get mostOwedMs(): number {
    return this.#windowMs * MOST_BURSTS_OWED
  }

  /** Takes one unit. Returns 0, or in how many ms there will be one if nothing else is taken meanwhile. */
  take(key: string): number {
    if (this.isOff) return 0
    const bucket = this.#open(key)
    const waitMs = this.#waitMs(bucket)
    if (waitMs === 0) this.#use(key, bucket, 1)
    return waitMs
  }

  /** Takes units that were used already, whether they are available or not. */
  charge(key: string, count: number): void {
    if (!this.isOff && count > 0) this.#use(key, this.#open(key), count)
  }

  /** Returns what `take` would return, without taking. */
  waitMs(key: string): number {
    if (this.isOff || this.size === 0) return 0
    const bucket = this.#young.get(key) ?? this.#old.get(key)
    return bucket === undefined ? 0 : this.#waitMs(bucket)
  }

  /** Collects use for `takeUsage` from now on. The listener is called when there is some. */
  collectUsage(listener: () => void): void {
    if (!this.isOff) this.#onUsage = listener
  }

  /** Whether there is use to report. */
  get hasUsage(): boolean {
    return this.#queued.size > 0
  }

  /** Returns the use to report, of at most so many keys, and clears it. */
  takeUsage(most: number): Usage[] {
    const usage: Usage[] = []
    for (const [key, bucket] of this.#queued) {
      if (usage.length === most) break
      usage.push({ key, costMs: bucket.unreported * this.#intervalMs })
      bucket.unreported = 0
      bucket.isQueued = false
      this.#queued.delete(key)
    }
    return usage
  }

  /** Sets a key to what all nodes together owe. What was used here since the report is added. */
  correct(key: string, owedMs: number): void {
    const bucket = this.#open(key)
    bucket.refilledAt = this.#now() + Math.min(owedMs + bucket.unreported * this.#intervalMs, this.mostOwedMs)
  }

  #waitMs({ refilledAt }: Bucket): number {
    const waitMs = Math.max(refilledAt - this.#now(), 0) + this.#intervalMs - this.#windowMs
    return waitMs > ROUNDING_MS ? waitMs : 0
  }

  #use(key: string, bucket: Bucket, count: number): void {
    const now = this.#now()
    const owedMs = Math.max(bucket.refilledAt - now, 0) + count * this.#intervalMs
    bucket.refilledAt = now + Math.min(owedMs, this.mostOwedMs)
    if (this.#onUsage === undefined) return
    const { perSecond, burst } = this.#rate
    const forgiven = ((now - bucket.usedAt) / 1000) * perSecond * UNREPORTED_SHARE
    bucket.unreported = Math.max(0, bucket.unreported - forgiven) + count
    bucket.usedAt = now
    if (bucket.isQueued || bucket.unreported <= burst * UNREPORTED_SHARE) return
    bucket.isQueued = true
    this.#queued.set(key, bucket)
    this.#onUsage()
  }

  #open(key: string): Bucket {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    this.#rotate()
    const bucket = this.#old.get(key) ?? { refilledAt: 0, unreported: 0, usedAt: this.#now(), isQueued: false }
    this.#old.delete(key)
    this.#young.set(key, bucket)
    return bucket
  }

  #rotate(): void {
    const now = this.#now()
    const ageMs = now - this.#rotatedAt
    if (ageMs <= this.mostOwedMs && this.#young.size < this.#mostKeys) return
    // After two such periods the younger generation is refilled, too.
    this.#old = ageMs > 2 * this.mostOwedMs ? new Map<string, Bucket>() : this.#young
    this.#young = new Map()
    this.#rotatedAt = now
  }
}
