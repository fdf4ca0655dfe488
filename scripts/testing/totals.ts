import { listClaims, readOutcome } from '../../harness/outcomes.js'

/** Node's test runner writes the results here, as TAP. */
export const RESULTS = '.tap/results.tap'

/** Prints how many assertions passed and failed. Fails the run if one failed, or a file or everything did not run. */
export function printTotals(files: string[]): void {
  let claims: string[] = []
  try {
    claims = listClaims()
  } catch {
    console.error('No test ran, so there is nothing to count.')
  }
  const outcomes = [...new Set([...files, ...claims])].map(readOutcome)
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0)
  if (failed > 0 || claims.length === 0) process.exitCode = 1
  console.log(`${passed} passed, ${failed} failed`)
}
