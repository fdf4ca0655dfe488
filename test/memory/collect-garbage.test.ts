import { getHeapSpaceStatistics } from 'node:v8'
import t from 'tap'
import { until } from '../../harness/until.js'
import { collectAll } from '../../src/memory/collect-garbage.js'

const youngBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0

/** Lets the young generation grow, as many objects that live for a while do. */
function makeGarbage(): void {
  let kept: unknown[] = []
  for (let turn = 0; youngBytes() < 8 * 2 ** 20 && turn < 1000; turn++) {
    kept.push(Array.from({ length: 2000 }, (_, id) => ({ id, text: `text ${turn} ${id}` })))
    if (kept.length > 20) kept = kept.slice(10)
  }
}

t.test('after a peak, the memory of the young generation goes back to the operating system', async (t) => {
  makeGarbage()
  const before = youngBytes()
  t.ok(before >= 8 * 2 ** 20, 'it has grown')
  await collectAll()
  await until(() => youngBytes() < before / 2, 5000, 'it has shrunk')
})
