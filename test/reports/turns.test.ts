import t from 'tap'
import { createTurns } from '../../src/reports/turns.js'

t.test('so many run at once, so many wait in their order, and one more is refused', async (t) => {
  const runInTurn = createTurns(2, 1)
  const ends: (() => void)[] = []
  const begun: string[] = []
  const act = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.push(() => resolve(name)))
  }
  const runs = [runInTurn(act('a')), runInTurn(act('b')), runInTurn(act('c'))]
  t.equal(runInTurn(act('d')), undefined)
  await Promise.resolve()
  t.same(begun, ['a', 'b'])
  ends[0]?.()
  t.equal(await runs[0], 'a')
  await new Promise(setImmediate)
  t.same(begun, ['a', 'b', 'c'])
  ends[1]?.()
  ends[2]?.()
  t.same(await Promise.all(runs.map(async (run) => run)), ['a', 'b', 'c'])
  const failing = runInTurn(() => Promise.reject(new Error('no')))
  await t.rejects(failing ?? Promise.resolve(), { message: 'no' })
  t.equal(await runInTurn(() => Promise.resolve('e')), 'e')
})
