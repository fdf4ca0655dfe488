import t from 'tap'
import { createAccountTurns } from '../../../src/realtime/resume/account-turns.js'

const account = { side: 'store', id: 1 } as const

t.test('however much an account asks for, one timer waits for its allowance', async (t) => {
  const waiting = new Set<unknown>()
  const { setTimeout, clearTimeout } = globalThis
  t.teardown(() => Object.assign(globalThis, { setTimeout, clearTimeout }))
  Object.assign(globalThis, {
    setTimeout: (act: () => void, ms: number) => {
      const timer = setTimeout(() => {
        waiting.delete(timer)
        act()
      }, ms)
      waiting.add(timer)
      return timer
    },
    clearTimeout: (timer: NodeJS.Timeout) => {
      waiting.delete(timer)
      clearTimeout(timer)
    },
  })
  const turns = createAccountTurns()
  const ask = () =>
    turns.run(
      account,
      () => true,
      async () => 1000,
      (bytes) => bytes,
    )
  for (let count = 0; count < 50; count++) await ask()
  t.equal(waiting.size, 1)
})
