import t, { type Test } from 'tap'
import { RateLimiter, type Rate } from '../../src/limits/rate-limiter.js'

/** A limiter with a clock that the test advances, in ms. */
function createLimiter(rate: Rate, mostKeys = 1000) {
  const clock = { now: 5000 }
  return { clock, limiter: new RateLimiter(rate, mostKeys, () => clock.now) }
}

/** The number of requests that pass before one is refused. */
function countTaken(limiter: RateLimiter, key: string, most = 10_000): number {
  let count = 0
  while (count < most && limiter.take(key) === 0) count++
  return count
}

t.test('a burst passes at once, then the rate, and each key by itself', async (t) => {
  const { clock, limiter } = createLimiter({ perSecond: 10, burst: 5 })
  t.equal(countTaken(limiter, 'a'), 5)
  t.equal(countTaken(limiter, 'b'), 5)
  clock.now += 99
  t.equal(limiter.take('a'), 1, 'the next one comes after 100 ms')
  clock.now += 1
  t.equal(countTaken(limiter, 'a'), 1)
  clock.now += 60_000
  t.equal(countTaken(limiter, 'a'), 5, 'what is not used does not pile up')
})

t.test('after the time that it names one is taken, at any rate', async (t) => {
  for (const rate of [
    { perSecond: 0.5, burst: 1 },
    { perSecond: 3, burst: 7 },
    { perSecond: 1000, burst: 1 },
  ]) {
    const { clock, limiter } = createLimiter(rate)
    countTaken(limiter, 'a')
    const turns = Array.from({ length: 50 }, () => {
      const waitMs = limiter.take('a')
      const isShort = waitMs > 0 && waitMs <= 1000 / rate.perSecond + 1e-6
      const isSaidAgain = limiter.waitMs('a') === waitMs
      clock.now += waitMs
      return { isShort, isSaidAgain, waitMs: limiter.take('a') }
    })
    const expected = Array(50).fill({ isShort: true, isSaidAgain: true, waitMs: 0 })
    t.strictSame(turns, expected, `${rate.perSecond} per second`)
  }
})

t.test('what was used before its cost was known is owed, up to two bursts', async (t) => {
  const { clock, limiter } = createLimiter({ perSecond: 10, burst: 5 })
  limiter.charge('a', 8)
  t.equal(limiter.take('a'), 400)
  limiter.charge('a', 1000)
  t.equal(limiter.take('a'), 600)
  clock.now += 600
  t.equal(limiter.take('a'), 0)
})

t.test('a rate or a burst of 0 switches it off', async (t) => {
  for (const rate of [
    { perSecond: 0, burst: 5 },
    { perSecond: 5, burst: 0 },
  ]) {
    const { limiter } = createLimiter(rate)
    t.equal(countTaken(limiter, 'a', 1000), 1000)
    limiter.charge('a', 1000)
    t.equal(limiter.waitMs('a'), 0)
    t.equal(limiter.size, 0)
  }
})

t.test('keys that are not in use vanish, and those that owe do not', async (t) => {
  const { clock, limiter } = createLimiter({ perSecond: 10, burst: 5 })
  for (let key = 0; key < 100; key++) limiter.take(`idle ${key}`)
  clock.now += 900
  limiter.charge('owing', 10)
  clock.now += 101
  limiter.take('x')
  clock.now += 400
  t.equal(limiter.take('owing'), 99)
  clock.now += 2001
  limiter.take('y')
  t.ok(limiter.size < 5, `${limiter.size} are left`)
})

t.test('memory is bounded, whoever asks', async (t) => {
  const { limiter } = createLimiter({ perSecond: 1, burst: 5 }, 100)
  for (let key = 0; key < 10_000; key++) limiter.take(`${key}`)
  t.ok(limiter.size <= 200, `${limiter.size} keys`)
})

t.test('what uses little is not reported; what uses much is, once for all of it', async (t) => {
  const { clock, limiter } = createLimiter({ perSecond: 16, burst: 32 })
  let calls = 0
  limiter.collectUsage(() => calls++)
  for (let second = 0; second < 60; second++) {
    limiter.take('calm')
    clock.now += 1000
  }
  t.equal(calls, 0)
  for (let count = 0; count < 10; count++) limiter.take('busy')
  t.equal(calls, 1)
  t.same(limiter.takeUsage(10), [{ key: 'busy', costMs: 625 }])
  t.same(limiter.takeUsage(10), [])
  t.equal(limiter.hasUsage, false)
})

t.test('what others have used is taken over, with what was used here meanwhile on top', async (t) => {
  const { limiter } = createLimiter({ perSecond: 10, burst: 20 })
  limiter.collectUsage(() => undefined)
  reportAll(t, limiter, 4, 1700)
  limiter.take('a')
  limiter.correct('a', 1700)
  t.equal(countTaken(limiter, 'a'), 2)
  limiter.correct('a', 1e9)
  t.equal(limiter.take('a'), 2100, 'no more than may be owed')
})

function reportAll(t: Test, limiter: RateLimiter, count: number, owedMs: number) {
  for (let taken = 0; taken < count; taken++) limiter.take('a')
  t.equal(limiter.takeUsage(1).length, 1)
  limiter.correct('a', owedMs)
}
