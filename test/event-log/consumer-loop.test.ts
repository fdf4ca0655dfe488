import t from 'tap'
import { startConsumerLoop } from '../../src/event-log/consumer-loop.js'
import { until } from '../../harness/until.js'

const DEADLINE_MS = 10_000
const LONG_MS = 3_600_000

t.test('turns never overlap, and a wake during one brings the next', async (t) => {
  let underWay = 0
  let most = 0
  let turns = 0
  let finish: () => void = () => undefined
  const loop = startConsumerLoop({
    name: 'search',
    intervalMs: LONG_MS,
    async turn() {
      most = Math.max(most, ++underWay)
      turns++
      await new Promise<void>((resolve) => (finish = resolve))
      underWay--
    },
    onError: (error) => t.fail('no error', { error }),
  })
  await until(() => turns === 1, DEADLINE_MS)
  loop.wake(0)
  loop.wake(0)
  finish()
  await until(() => turns === 2, DEADLINE_MS)
  const closed = loop.close()
  finish()
  await closed
  loop.wake(0)
  t.same({ turns, most }, { turns: 2, most: 1 })
})

t.test('the earliest wake counts', async (t) => {
  let turns = 0
  const turn = async () => {
    turns++
  }
  const loop = startConsumerLoop({ name: 'search', intervalMs: LONG_MS, turn, onError: () => undefined })
  await until(() => turns === 1, DEADLINE_MS)
  loop.wake(LONG_MS)
  loop.wake(0)
  loop.wake(LONG_MS)
  await until(() => turns === 2, DEADLINE_MS)
  await loop.close()
  t.pass()
})

t.test('a failed turn is reported, and the next one comes', async (t) => {
  let turns = 0
  const errors: unknown[] = []
  const loop = startConsumerLoop({
    name: 'search',
    intervalMs: 1,
    async turn() {
      if (++turns === 1) throw new Error('once')
    },
    onError: (error) => errors.push(error),
  })
  await until(() => turns >= 2, DEADLINE_MS)
  await loop.close()
  t.equal(errors.length, 1)
})

t.test('the first turns of a node come one after the other', async (t) => {
  const turns: string[] = []
  const names = ['mail', 'reminders', 'reports', 'sweep', 'webhooks', 'search'] as const
  const loops = names.map((name) => {
    const turn = async () => void turns.push(name)
    return startConsumerLoop({ name, intervalMs: LONG_MS, turn, onError: () => undefined })
  })
  await until(() => turns.length === names.length, DEADLINE_MS)
  await Promise.all(loops.map((loop) => loop.close()))
  t.same(turns, names.toReversed())
})
