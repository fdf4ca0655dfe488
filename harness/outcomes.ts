import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder in which the processes of a run claim test files and write their outcomes. */
export const OUTCOMES = resolve('.tap/outcomes')

/** How many assertions of a test file passed and failed. */
export interface Outcome {
  passed: number
  failed: number
  /** The failure may be that of another file of the process: it counts, whatever a second run says. */
  isFinal?: boolean
}

/** The name under which a process has an outcome of its own: errors can also come between its files. */
export const nameProcess = (pid: number): string => `process ${pid}`

/** The names of all that was claimed. */
export const listClaims = (): string[] => readdirSync(OUTCOMES).map(decodeURIComponent)

const pathOf = (file: string) => join(OUTCOMES, encodeURIComponent(file))

/** Claims a file for this process; false if another process has claimed it. */
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

/** Reads the outcome of a file. A file without one, because its process died, counts as one failure. */
export function readOutcome(file: string): Outcome {
  try {
    return JSON.parse(readFileSync(pathOf(file), 'utf8')) as Outcome
  } catch {
    return { passed: 0, failed: 1 }
  }
}

/** Makes a file claimable again. */
export function forgetOutcome(file: string): void {
  rmSync(pathOf(file), { force: true })
}
