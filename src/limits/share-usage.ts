import type { RateLimiter, Usage } from './rate-limiter.js'
import type { SharedCounters } from '../pubsub/shared-counters.js'

/** How long use is collected before it is reported. */
const REPORT_INTERVAL_MS = 100
/** While Redis is away, it is tried this often. */
const RETRY_INTERVAL_MS = 1000
/** Redis does nothing else while a script runs. */
const MOST_KEYS_TOGETHER = 250

/**
 * Adds use to what is owed by all nodes together, and answers what that is now, in ms. A key holds when everything will be
 * refilled. A clock of Redis that is set back cannot make a key owe more than it may.
 */
const ADD_USAGE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local owed = {}
for i, key in ipairs(KEYS) do
  local cost, most = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local before = math.max(tonumber(redis.call('GET', key) or now) - now, 0)
  owed[i] = math.ceil(math.min(before + cost, most))
  redis.call('SET', key, string.format('%.0f', now + owed[i]), 'PX', math.max(owed[i], 1))
end
return owed`

/** Limiters by the name that their keys have in Redis. */
export type NamedLimiters = Record<string, RateLimiter>

/**
 * Shares the use of limiters between nodes, in the background: no decision waits for it. Each node decides by what it knows,
 * reports what it used, and is told what all have used. `onChange` is called when sharing fails, and when it works again.
 *
 * At most so much more than a limit passes, with n nodes: n - 1 bursts once, when a key is used on all nodes within one
 * report interval; they are owed, and taken from what follows. In the long run n/16 of the limit, which nodes need not
 * report.
 */
export function shareUsage(counters: SharedCounters, limiters: NamedLimiters, onChange: (error?: Error) => void) {
  let timer: NodeJS.Timeout | undefined
  let isReporting = false
  let isAway = false
  let isClosed = false

  const schedule = () => {
    if (timer !== undefined || isReporting || isClosed) return
    timer = setTimeout(() => void report(), isAway ? RETRY_INTERVAL_MS : REPORT_INTERVAL_MS)
    timer.unref()
  }

  async function report(): Promise<void> {
    timer = undefined
    isReporting = true
    try {
      for (const [name, limiter] of Object.entries(limiters)) {
        const usage = limiter.takeUsage(MOST_KEYS_TOGETHER)
        if (usage.length > 0) await add(name, limiter, usage)
      }
      note()
    } catch (error) {
      note(error as Error)
    }
    isReporting = false
    // Use that came meanwhile has not scheduled a report.
    if (Object.values(limiters).some((limiter) => limiter.hasUsage)) schedule()
  }

  async function add(name: string, limiter: RateLimiter, usage: Usage[]): Promise<void> {
    const calls = usage.map(({ key, costMs }) => ({
      key: `limit:${name}:${key}`,
      values: [costMs, limiter.mostOwedMs],
    }))
    const owed = await counters.evaluate(ADD_USAGE, calls)
    usage.forEach(({ key }, index) => limiter.correct(key, owed[index] ?? 0))
  }

  function note(error?: Error): void {
    if (isClosed || (error !== undefined) === isAway) return
    isAway = error !== undefined
    onChange(error)
  }

  for (const limiter of Object.values(limiters)) limiter.collectUsage(schedule)
  return {
    close(): void {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
