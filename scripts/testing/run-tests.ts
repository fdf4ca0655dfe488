import { compiledPath, compileTests } from './compile-tests.js'
import type { Steps } from './steps.js'
import { RESULTS } from './totals.js'

export interface TestRun {
  files: string[]
  /** Files that run at the same time, each in a process of its own. */
  jobs: number
  /** For one file. */
  timeoutSeconds: number
  /** One of Node's reporters. Failures come last with all of them. */
  reporter: 'dot' | 'spec'
  environment: Record<string, string>
}

/**
 * Runs files of tap tests by Node's own test runner, which tap tells what it finds. tap's runner would do the same with a
 * loader in each process and in all that these spawn: 1.2 times the CPU time, measured on 12 files; Node.js takes 0.97 times that of one written for this repository, on 6.
 */
export async function runTests(
  { run }: Steps,
  { files, jobs, timeoutSeconds, reporter, environment }: TestRun,
): Promise<void> {
  await compileTests()
  await run(
    process.execPath,
    [
      // With coverage, c8 applies the source maps.
      ...(environment['NODE_V8_COVERAGE'] === undefined ? ['--enable-source-maps'] : []),
      '--test',
      `--test-concurrency=${jobs}`,
      `--test-timeout=${timeoutSeconds * 1000}`,
      `--test-reporter=${reporter}`,
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${RESULTS}`,
      ...files.map(compiledPath),
    ],
    { ...environment, TAP_TIMEOUT: String(timeoutSeconds) },
  )
}
