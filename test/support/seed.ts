import { randomInt } from 'node:crypto'
import type { Test } from 'tap'

/**
 * The seed of all randomness in a test: TEST_SEED, or a new one, which is printed if the test fails.
 */
export function chooseSeed(t: Test): number {
  const seed = Number(process.env['TEST_SEED'] ?? randomInt(2 ** 31))
  t.teardown(() => {
    if (!t.passing()) t.comment(`TEST_SEED=${seed} repeats this`)
  })
  return seed
}

/** A generator of numbers in [0, 1) from a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
