import './unoptimized.js'
import './test-errors.js'
import root, { type Test } from 'tap'
import { claimFile, nameProcess, writeOutcome } from './outcomes.js'
import { patience } from './until.js'
import { ROWS_VARIABLE } from './variables.js'

/** Timeout of one file. */
const TIMEOUT_MS = Number(process.env['TAP_TIMEOUT'] ?? 30) * 1000

/** How long timers and connections may last after the tests. */
const PATIENCE_MS = 4000 * patience
const FLUSH_MS = 500

let current: Test = root

/**
 * Test files import this as `tap`. It is not tap's root but the test of the current file. So several files can run in
 * one process, one after the other, and each one is torn down before the next begins.
 */
export default new Proxy({} as Test, {
  get(_, name) {
    const value: unknown = Reflect.get(current, name)
    return typeof value === 'function' ? (value.bind(current) as unknown) : value
  },
  set: (_, name, value) => Reflect.set(current, name, value),
})

/** Calls `end` after all files of this process have run. */
export function endWithProcess(end: () => unknown): void {
  root.teardown(end)
}

const rowsFolder = process.env[ROWS_VARIABLE]
// Before a test loads the product.
if (rowsFolder !== undefined) (await import('./observe-rows.js')).observeRows(rowsFolder)

/**
 * Runs test files one after the other, also after one that fails. Skips files that another process of the run has claimed.
 */
export async function runTestFiles(files: { name: string; load(): Promise<unknown> }[]): Promise<void> {
  // tap would apply TAP_TIMEOUT, which is meant for a file, to the whole process.
  root.setTimeout(0)
  const state = { isFinal: false, hasFailedFile: false, hasFailedBetween: false }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: Error) => {
      // It may come from an earlier file.
      state.isFinal = true
      if (current === root) state.hasFailedBetween = true
      current.threw(error)
    })
  }
  const processName = nameProcess(process.pid)
  claimFile(processName)
  for (const { name, load } of files) {
    if (!claimFile(name)) continue
    state.isFinal = false
    let file: Test | undefined
    const results = await root.test(name, { timeout: TIMEOUT_MS }, async (test) => {
      current = file = test
      await load()
    })
    const { pass, fail } = file?.counts ?? { pass: 0, fail: 1 }
    const failed = results?.ok === true ? fail : Math.max(1, fail)
    if (failed > 0) state.hasFailedFile = true
    writeOutcome(name, { passed: pass, failed, isFinal: state.isFinal })
    current = root
  }
  endSoon()
  // At its normal end, Node.js 20 frees its environment. For that it waits, in a busy loop, for a request that a reset
  // socket never completes. `process.exit` avoids it.
  process.on('exit', (code) => {
    const exitCode = process.exitCode ?? code
    const hasFailed = state.hasFailedBetween || (exitCode !== 0 && !state.hasFailedFile)
    writeOutcome(processName, { passed: 0, failed: Number(hasFailed), isFinal: true })
    process.exit(exitCode)
  })
}

/** Ends a process that a leftover timer or connection keeps alive, and reports it. */
function endSoon(): void {
  const end = () => {
    console.error(
      `All test files have run, but the process is kept alive by: ${process.getActiveResourcesInfo().join(', ')}`,
    )
    root.end()
    setTimeout(() => process.exit(), FLUSH_MS)
  }
  setTimeout(end, PATIENCE_MS).unref()
}
