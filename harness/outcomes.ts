import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Here the processes of a run agree on who runs which file, and leave what came of it. */
export const OUTCOMES = resolve('.tap/outcomes')

/** The assertions of a test file. */
export interface Outcome {
  passed: number
  failed: number
}

const pathOf = (file: string) => join(OUTCOMES, encodeURIComponent(file))

/** Takes a file, unless another process has taken it. */
export function claimFile(file: string): boolean {
  try {
    closeSync(openSync(pathOf(file), 'wx'))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

export function writeOutcome(file: string, outcome: Outcome): void {
  writeFileSync(pathOf(file), JSON.stringify(outcome))
}

/** What came of a file. One that was not run to its end, as its process has died, counts as one failure. */
export function readOutcome(file: string): Outcome {
  try {
    return JSON.parse(readFileSync(pathOf(file), 'utf8')) as Outcome
  } catch {
    return { passed: 0, failed: 1 }
  }
}

/** Lets a file be taken once more. */
export function forgetOutcome(file: string): void {
  rmSync(pathOf(file), { force: true })
}
