import { appendFile, readFile } from 'node:fs/promises'
import { forgetOutcome, readOutcome } from '../../harness/outcomes.js'
import { StepFailure } from './steps.js'
import { RESULTS } from './totals.js'

/** A stall of the machine fails few files. With more failures than these, all are believed. */
const MOST_FILES = 8
const RESULTS_AGAIN = '.tap/results-again.tap'

/**
 * Runs files that failed beside others once more, alone, and prints which failures repeat. A shared machine may stall for
 * seconds, and then a deadline passes that is otherwise kept easily; a failure that repeats is a fault. The totals count the
 * second run; the results hold both.
 * @throws StepFailure if a failure repeats
 */
export async function runAgain(files: string[], run: (results: string) => Promise<void>): Promise<void> {
  if (files.length > MOST_FILES) throw new StepFailure(`${files.length} files failed, which is too many to run again`)
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
