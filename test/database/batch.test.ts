import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { batchReads } from '../../src/database/batch.js'

const callers = new AsyncLocalStorage<number>()

/** A source that answers reads only when the test says so. */
function createSource() {
  const reads: { keys: number[]; caller: number | undefined; answer(): void; fail(): void }[] = []
  const read = batchReads(
    (keys: number[]) =>
      new Promise<Map<number, string>>((resolve, reject) => {
        const answer = () => resolve(new Map(keys.filter((key) => key > 0).map((key) => [key, `value ${key}`])))
        reads.push({ keys, caller: callers.getStore(), answer, fail: () => reject(new Error('away')) })
      }),
  )
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  return { reads, read, turn }
}

t.test('what is asked for at once travels together, equal keys once', async (t) => {
  const { reads, read, turn } = createSource()
  const values = Promise.all([1, 2, 1, -1].map(read))
  await turn()
  t.same(
    reads.map(({ keys }) => keys),
    [[1, 2, -1]],
  )
  reads[0]?.answer()
  t.same(await values, ['value 1', 'value 2', 'value 1', undefined])
})

t.test('while two are under way the rest collects, and goes as one', async (t) => {
  const { reads, read, turn } = createSource()
  const values: Promise<unknown>[] = []
  for (const key of [1, 2, 3, 4, 5]) {
    values.push(read(key))
    await turn()
  }
  t.same(
    reads.map(({ keys }) => keys),
    [[1], [2]],
  )
  reads[1]?.answer()
  await turn()
  t.same(reads[2]?.keys, [3, 4, 5])
  reads[0]?.answer()
  reads[2]?.answer()
  t.same(await Promise.all(values), ['value 1', 'value 2', 'value 3', 'value 4', 'value 5'])
})

t.test('a read that waited runs in the context of a caller of its own', async (t) => {
  const { reads, read, turn } = createSource()
  const values: Promise<unknown>[] = []
  for (const key of [1, 2, 3, 4]) {
    values.push(callers.run(key, () => read(key)))
    await turn()
  }
  reads[0]?.answer()
  await turn()
  t.match(reads[2], { keys: [3, 4], caller: 3 })
  for (const { answer } of reads) answer()
  await Promise.all(values)
})

t.test('a failure concerns those who asked in that read, and nothing is remembered', async (t) => {
  const { reads, read, turn } = createSource()
  const failed = read(1)
  await turn()
  reads[0]?.fail()
  await t.rejects(failed, { message: 'away' })
  const value = read(1)
  await turn()
  reads[1]?.answer()
  t.equal(await value, 'value 1')
})

t.test('more keys than one statement should hold go in several', async (t) => {
  const { reads, read, turn } = createSource()
  const values = Promise.all(Array.from({ length: 600 }, (_, index) => read(index + 1)))
  for (let round = 0; round < 3; round++) {
    await turn()
    for (const { answer } of reads) answer()
  }
  t.equal((await values).length, 600)
  t.ok(reads.every(({ keys }) => keys.length <= 250))
})
