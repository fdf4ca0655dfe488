import { readFile } from 'node:fs/promises'
import { RESULTS } from './find-tests.js'

/** Prints how many assertions passed and failed, as tap has counted them in the last line of its results. */
export async function printTotals(): Promise<void> {
  const text = await readFile(RESULTS, 'utf8').catch(() => '')
  const totals = [...text.matchAll(/^# \{ total: \d+.*\}$/gm)].at(-1)?.[0]
  if (totals === undefined) {
    process.exitCode = 1
    console.error('The tests did not come to an end, so that there is nothing to count.')
  }
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(totals ?? '')?.[1] ?? 0)
  if (count('fail') > 0) process.exitCode = 1
  console.log(`${count('pass')} passed, ${count('fail')} failed`)
}
