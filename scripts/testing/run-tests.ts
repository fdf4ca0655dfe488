import { mkdir, rm } from 'node:fs/promises'
import { listClaims, OUTCOMES, readOutcome } from '../../harness/outcomes.js'
import { UNOPTIMIZED_VARIABLE } from '../../harness/variables.js'
import { compileTests, writePrograms } from './compile-tests.js'
import { planProcesses, type ProcessPlan } from './plan-processes.js'
import { runAgain } from './run-again.js'
import type { Steps } from './steps.js'
import { RESULTS } from './totals.js'

/** Ends a process whose event loop is blocked, which the timeout of a file cannot. In timeouts of a file. */
const MAX_PROCESS_TIMEOUTS = 10
/** A stall fails few files. When more files fail, they are not run again. */
const MAX_REPEATED_FILES = 8

export interface TestRun extends ProcessPlan {
  /** For one file. */
  timeoutSeconds: number
  /** Whether a failed file runs a second time, alone. Then the second run counts. */
  isRepeated: boolean
  /** One of Node's reporters. Failures come last with all of them. */
  reporter: 'dot' | 'spec'
  environment: Record<string, string>
  /** Whether the tests' processes optimize nothing: TurboFan takes a sixth of the CPU time of `npm test`. */
  isUnoptimized?: true
}

/**
 * Runs files of tap tests by Node's own test runner, which tap tells what it finds. tap's runner would do the same with a
 * loader in each process and in all that these spawn: 1.2 times the CPU time, measured on 12 files; Node.js takes 0.97 times that of one written for this repository, on 6.
 */
export async function runTests(steps: Steps, tests: TestRun): Promise<void> {
  await rm(OUTCOMES, { recursive: true, force: true })
  await mkdir(OUTCOMES, { recursive: true })
  await compileTests()
  try {
    await runProcesses(steps, tests, RESULTS)
  } catch (error) {
    const failed = tests.files.filter((file) => readOutcome(file).failed > 0)
    // A process that died or failed by itself, and errors that nobody handled, count: they may not repeat alone.
    const isFinal = listClaims().some((name) => {
      const outcome = readOutcome(name)
      return outcome.failed > 0 && (outcome.isFinal === true || !tests.files.includes(name))
    })
    if (!tests.isRepeated || isFinal || failed.length === 0 || failed.length > MAX_REPEATED_FILES) throw error
    await runAgain(failed, (results) =>
      runProcesses(steps, { ...tests, files: failed, jobs: 1, isAlone: () => true }, results),
    )
  }
}

/** @throws StepFailure if a test fails */
async function runProcesses({ run }: Steps, tests: TestRun, results: string): Promise<void> {
  const { timeoutSeconds, environment, isUnoptimized } = tests
  const lists = planProcesses(tests)
  const longest = Math.max(...lists.map(({ length }) => length))
  const programs = await writePrograms(lists)
  await run(
    process.execPath,
    [
      // With coverage, c8 applies the source maps.
      ...(environment['NODE_V8_COVERAGE'] === undefined ? ['--enable-source-maps'] : []),
      // Tests make much garbage that dies young: 15 % less CPU time than with the default of 16 MB.
      '--max-semi-space-size=32',
      '--test',
      `--test-concurrency=${tests.jobs}`,
      `--test-timeout=${timeoutSeconds * Math.min(longest, MAX_PROCESS_TIMEOUTS) * 1000}`,
      `--test-reporter=${tests.reporter}`,
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${results}`,
      ...programs,
    ],
    {
      ...environment,
      TAP_TIMEOUT: String(timeoutSeconds),
      ...(isUnoptimized && { [UNOPTIMIZED_VARIABLE]: 'yes' }),
    },
  )
}
