import { appendFile, readFile } from 'node:fs/promises'
import { forgetOutcome, readOutcome } from '../../harness/outcomes.js'
import { RESULTS } from './totals.js'

const RESULTS_AGAIN = '.tap/results-again.tap'

/**
 * Runs failed files a second time, alone, and prints which of them fail again. A shared CI machine may stall for seconds, so
 * that a test misses its deadline; a failure that repeats is a fault. Totals count the second run only. The results hold
 * both.
 * @throws StepFailure if a file fails again
 */
export async function runAgain(files: string[], run: (results: string) => Promise<void>): Promise<void> {
  console.log(`\nfailed, running again alone: ${files.join(', ')}`)
  for (const file of files) forgetOutcome(file)
  const failure = await run(RESULTS_AGAIN).then(
    () => undefined,
    (error: unknown) => error as Error,
  )
  await appendFile(RESULTS, await readFile(RESULTS_AGAIN, 'utf8').catch(() => ''))
  const repeated = files.filter((file) => readOutcome(file).failed > 0)
  const others = files.filter((file) => !repeated.includes(file))
  if (others.length > 0) console.log(`failed beside the others, passed alone: ${others.join(', ')}`)
  if (repeated.length > 0) console.log(`failed beside the others and alone: ${repeated.join(', ')}`)
  if (failure) throw failure
}
