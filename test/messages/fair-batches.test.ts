import t from 'tap'
import { createFairBatches } from '../../src/messages/fair-batches.js'

interface Item {
  key: string
  place: number
}
type Result = string | Promise<string>

const nameOf = ({ key, place }: Item) => `${key}${place}`
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

/** Batches that end when the test ends them. */
function openBatches({ maxItems = 100, maxItemsPerKey = 4, maxConcurrency = 2 } = {}) {
  const started: string[][] = []
  const running: { items: Item[]; end: (results: Result[]) => void; fail: (error: Error) => void }[] = []
  const call = createFairBatches<Item, string>(
    { keyOf: ({ key }) => key, maxItems, maxItemsPerKey, maxConcurrency },
    (items) => {
      started.push(items.map(nameOf))
      return new Promise((end, fail) => running.push({ items, end, fail }))
    },
  )
  return {
    started,
    callMany: (key: string, count: number, first = 0) =>
      Array.from({ length: count }, (_, place) => call({ key, place: first + place })),
    /** Ends the oldest batch. */
    async end(results?: Result[] | Error): Promise<void> {
      const batch = running.shift()
      if (results instanceof Error) batch?.fail(results)
      else batch?.end(results ?? batch.items.map(nameOf))
      await turn()
    },
  }
}

t.test('what is asked for in one turn shares a batch, and each gets its own result', async (t) => {
  const { started, callMany, end } = openBatches()
  const calls = [...callMany('a', 2), ...callMany('b', 1)]
  t.same(started, [], 'not before the turn ends')
  await turn()
  t.same(started, [['a0', 'a1', 'b0']])
  await end()
  t.same(await Promise.all(calls), ['a0', 'a1', 'b0'])
})

t.test('a flood of one key has its share of each batch, in its order', async (t) => {
  const { started, callMany, end } = openBatches()
  const flood = callMany('a', 10)
  const other = callMany('b', 1)
  await turn()
  t.same(started, [['a0', 'a1', 'a2', 'a3', 'b0']])
  const next = callMany('b', 1, 1)
  await turn()
  t.same(started.length, 1, 'no key is in two batches at a time')
  callMany('c', 1).forEach((call) => void call)
  await turn()
  t.same(started.at(-1), ['c0'], 'but another has its own')
  await end()
  t.same(started.at(-1), ['a4', 'a5', 'a6', 'a7', 'b1'])
  await end()
  await end()
  t.same(started.at(-1), ['a8', 'a9'])
  await end()
  t.same(
    await Promise.all([...flood, ...other, ...next]),
    [...Array(10).keys()].map((place) => `a${place}`).concat('b0', 'b1'),
  )
})

t.test('keys take turns where a batch has no room for all', async (t) => {
  const { started, callMany, end } = openBatches({ maxItems: 4, maxConcurrency: 1 })
  const calls = [...callMany('a', 6), ...callMany('b', 1), ...callMany('c', 1)]
  await turn()
  await end()
  t.same(started, [
    ['a0', 'a1', 'a2', 'a3'],
    ['b0', 'c0', 'a4', 'a5'],
  ])
  await end()
  t.equal((await Promise.all(calls)).length, 8)
})

t.test('a result that takes longer holds up its own key only', async (t) => {
  const { started, callMany, end } = openBatches({ maxConcurrency: 1 })
  const [slow, quick] = [callMany('a', 1), callMany('b', 1)]
  const later = callMany('a', 1, 1)
  await turn()
  const [afterwards, others] = [callMany('a', 1, 2), callMany('b', 1, 1)]
  let finish: (result: string) => void = () => undefined
  await end([new Promise<string>((resolve) => (finish = resolve)), 'a1', 'b0'])
  t.same(await Promise.all([...quick, ...later]), ['b0', 'a1'])
  t.same(started.at(-1), ['b1'])
  await end()
  t.equal(started.length, 2)
  finish('at last')
  t.same(await Promise.all(slow), ['at last'])
  await turn()
  t.same(started.at(-1), ['a2'])
  await end()
  t.same(await Promise.all([...afterwards, ...others]), ['a2', 'b1'])
})

t.test('a batch that fails fails for all in it, and the next is run', async (t) => {
  const { started, callMany, end } = openBatches({ maxConcurrency: 1 })
  const failing = Promise.allSettled([...callMany('a', 1), ...callMany('b', 1)])
  await turn()
  const next = callMany('a', 1, 1)
  await end(new Error('away'))
  t.same(
    (await failing).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.same(started.at(-1), ['a1'])
  await end()
  t.same(await Promise.all(next), ['a1'])
})

t.test('many that wait are shared out to what is free', async (t) => {
  const { started, callMany, end } = openBatches({ maxItems: 1000, maxItemsPerKey: 1 })
  const calls = Array.from({ length: 200 }, (_, place) => callMany(`${place}-`, 1)).flat()
  await turn()
  t.same(
    started.map((items) => items.length),
    [100, 100],
  )
  await end()
  await end()
  t.equal((await Promise.all(calls)).length, 200)
})
