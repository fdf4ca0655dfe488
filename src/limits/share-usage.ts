import type { RateLimiter, Usage } from './rate-limiter.js'
import type { SharedCounters } from '../pubsub/shared-counters.js'

/** Use is collected for this long before it is reported. */
const REPORT_INTERVAL_MS = 100
/** The retry interval while Redis is away. */
const RETRY_INTERVAL_MS = 1000
/** Redis does nothing else while a script runs. */
const MOST_KEYS_TOGETHER = 250

/**
 * Adds use to what all nodes together owe, and returns the sum, in ms. A key holds the time at which everything will be
 * refilled. A clock of Redis that is set back cannot make a key owe more than the maximum.
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
 * Shares the use of limiters between nodes in the background: no decision waits for it. Each node decides by what it knows,
 * reports its own use, and gets the use of all nodes back. `onChange` is called when sharing fails, and when it works
 * again.
 *
 * With n nodes, a limit may be exceeded by n - 1 bursts once, when a key is used on all nodes within one report interval;
 * that use is owed, and taken from what follows. In the long run it may be exceeded by n/16, which nodes need not report.
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
    // Use that came during a report has not scheduled another one.
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
