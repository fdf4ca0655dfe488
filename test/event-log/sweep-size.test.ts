import t from 'tap'
import { createSweepSize } from '../../src/event-log/sweep-size.js'

const timeout = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' })

t.test('a sweep that takes too long is told of, and reads less until it succeeds', async (t) => {
  const told: number[] = []
  const tried: number[] = []
  const run = createSweepSize((mostEvents) => told.push(mostEvents))
  const sweep = (most: number) =>
    run(async (mostEvents) => {
      tried.push(mostEvents)
      if (mostEvents > most) throw timeout
      return 'more'
    })
  for (let count = 0; count < 4; count++) await sweep(60_000)
  for (let count = 0; count < 3; count++) await sweep(Infinity)
  t.same(tried, [200_000, 100_000, 50_000, 100_000, 50_000, 100_000, 200_000])
  t.same(told, [100_000, 50_000, 50_000])
  for (let count = 0; count < 20; count++) await sweep(0)
  t.equal(told.at(-1), 1000, 'not below what any database can read')
})

t.test('a sweep says whether the next one reads more or less', async (t) => {
  const tried: number[] = []
  const run = createSweepSize(() => t.fail('told'), { most: 100, fewest: 30 })
  for (const next of ['less', 'less', 'same', 'more', 'more', 'more'] as const) {
    await run(async (mostEvents) => {
      tried.push(mostEvents)
      return next
    })
  }
  t.same(tried, [100, 50, 30, 30, 60, 100])
})

t.test("another failure is the caller's", async (t) => {
  const told: number[] = []
  await t.rejects(
    createSweepSize((mostEvents) => told.push(mostEvents))(() => Promise.reject(new Error('another'))),
    /another/,
  )
  t.same(told, [])
})
