import { readdir } from 'node:fs/promises'
import { OUTCOMES, readOutcome } from '../../harness/outcomes.js'

/** Node's test runner writes the results here, as TAP. */
export const RESULTS = '.tap/results.tap'

/** Prints how many assertions passed and failed. Fails the run if one failed or no test ran. */
export async function printTotals(): Promise<void> {
  const names = await readdir(OUTCOMES).catch(() => [])
  const outcomes = names.map((name) => readOutcome(decodeURIComponent(name)))
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0)
  if (outcomes.length === 0) console.error('No test ran, so there is nothing to count.')
  if (failed > 0 || outcomes.length === 0) process.exitCode = 1
  console.log(`${passed} passed, ${failed} failed`)
}
