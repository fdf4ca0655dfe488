import t from 'tap'
import { importPageModule } from '../support/page-modules.js'

t.test('the pauses between retries grow up to a minute, with jitter', async (t) => {
  const { choosePauseMs } =
    await importPageModule<typeof import('../../../src/pages/shared/retry-limited.js')>('shared/retry-limited.ts')
  for (const [tries, shortest] of [
    [0, 1000],
    [1, 2000],
    [4, 16_000],
    [5, 30_000],
    [1000, 30_000],
  ] as const) {
    const pauses = Array.from({ length: 20 }, () => choosePauseMs(tries))
    t.ok(
      pauses.every((pause) => pause >= shortest && pause <= 2 * shortest),
      `${tries}: ${pauses.join(' ')}`,
    )
    t.equal(new Set(pauses).size, pauses.length)
  }
})
