import { getHeapSpaceStatistics } from 'node:v8'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { until } from '../../harness/until.js'
import { collectAll, createPeakCollector } from '../../src/memory/collect-garbage.js'

const youngBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0

const GROWN_BYTES = 16 * 2 ** 20

/** Lets the young generation grow, as many objects that live for a while do. */
function makeGarbage(): void {
  let kept: unknown[] = []
  for (let turn = 0; youngBytes() < GROWN_BYTES && turn < 1000; turn++) {
    kept.push(Array.from({ length: 2000 }, (_, id) => ({ id, text: `text ${turn} ${id}` })))
    if (kept.length > 20) kept = kept.slice(10)
  }
}

t.test('after a peak, the memory of the young generation goes back to the operating system', async (t) => {
  makeGarbage()
  const before = youngBytes()
  t.ok(before >= GROWN_BYTES, 'it has grown')
  // V8 keeps room for what was alive at the collection, such as objects of the runner.
  await until(async () => (await collectAll(), youngBytes() < before / 2), 5000, 'it has shrunk')
})

t.test('a peak is collected only if it has left much, measured from the smallest size before', async (t) => {
  const MB = 2 ** 20
  let bytes = 200 * MB
  let collections = 0
  const peak = createPeakCollector(
    () => bytes,
    async () => {
      collections++
      bytes -= 10 * MB
    },
  )
  const grow = async (by: number) => {
    peak.begin()
    bytes += by * MB
    peak.end()
    await setImmediate()
    return collections
  }
  t.equal(await grow(20), 0, 'it has left little')
  t.equal(await grow(25), 1, 'two together have left much')
  t.equal(await grow(20), 1, 'what a collection leaves is in use')
  t.equal(await grow(25), 2)
})
