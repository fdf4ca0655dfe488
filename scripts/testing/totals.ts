import { readFile } from 'node:fs/promises'

/** Node's test runner writes the results here, as TAP. */
export const RESULTS = '.tap/results.tap'

/** Prints how many tests passed and failed. Fails the run if a test failed or the tests were interrupted. */
export async function printTotals(): Promise<void> {
  const results = await readFile(RESULTS, 'utf8').catch(() => '')
  const count = (name: string) =>
    Number(
      results
        .match(new RegExp(`^# ${name} (\\d+)$`, 'gm'))
        ?.at(-1)
        ?.split(' ')[2],
    )
  const [passed, failed] = [count('pass'), count('fail') + count('cancelled')]
  if (Number.isNaN(passed)) console.error('The tests were interrupted, so there is nothing to count.')
  if (failed !== 0) process.exitCode = 1
  console.log(`${passed || 0} passed, ${failed || 0} failed`)
}
