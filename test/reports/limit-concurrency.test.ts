import t from 'tap'
import { limitConcurrency } from '../../src/reports/limit-concurrency.js'

t.test('so many run at once, so many wait in their order, and one more is refused', async (t) => {
  const runLimited = limitConcurrency(2, 1)
  const ends: (() => void)[] = []
  const begun: string[] = []
  const act = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.push(() => resolve(name)))
  }
  const runs = [runLimited(act('a')), runLimited(act('b')), runLimited(act('c'))]
  t.equal(runLimited(act('d')), undefined)
  await Promise.resolve()
  t.same(begun, ['a', 'b'])
  ends[0]?.()
  t.equal(await runs[0], 'a')
  await new Promise(setImmediate)
  t.same(begun, ['a', 'b', 'c'])
  ends[1]?.()
  ends[2]?.()
  t.same(await Promise.all(runs.map(async (run) => run)), ['a', 'b', 'c'])
  const failing = runLimited(() => Promise.reject(new Error('no')))
  await t.rejects(failing ?? Promise.resolve(), { message: 'no' })
  t.equal(await runLimited(() => Promise.resolve('e')), 'e')
})
