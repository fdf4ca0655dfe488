import './test-errors.js'
import root, { type Test } from 'tap'
import { claimFile, writeOutcome } from './outcomes.js'
import { ROWS_VARIABLE } from './variables.js'

/** Of one file. */
const TIMEOUT_MS = Number(process.env['TAP_TIMEOUT'] ?? 30) * 1000

/** For what ends by itself once the tests are over. */
const PATIENCE_MS = 10_000
const FLUSH_MS = 500

let current: Test = root

/**
 * What a test file imports as `tap`: not tap's root but a test of its own. Several files can then run in one process, one
 * after the other, and each ends what it has started before the next one begins.
 */
export default new Proxy({} as Test, {
  get(_, name) {
    const value: unknown = Reflect.get(current, name)
    return typeof value === 'function' ? (value.bind(current) as unknown) : value
  },
  set: (_, name, value) => Reflect.set(current, name, value),
})

/** Calls back when all files of this process have run. */
export function endWithProcess(end: () => unknown): void {
  root.teardown(end)
}

const rowsFolder = process.env[ROWS_VARIABLE]
// Before any test loads the product.
if (rowsFolder !== undefined) (await import('./observe-rows.js')).observeRows(rowsFolder)

/**
 * Runs test files one after the other, except those that another process of the run has taken. One that fails does not keep
 * the next from running.
 */
export async function runTestFiles(files: { name: string; load(): Promise<unknown> }[]): Promise<void> {
  // tap would apply TAP_TIMEOUT, which is meant for one file, to the whole process.
  root.setTimeout(0)
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: Error) => current.threw(error))
  }
  for (const { name, load } of files) {
    if (!claimFile(name)) continue
    let file: Test = root
    const results = await root.test(name, { timeout: TIMEOUT_MS }, async (test) => {
      current = file = test
      await load()
    })
    const { pass, fail } = file.counts
    writeOutcome(name, { passed: pass, failed: results?.ok === true ? fail : Math.max(1, fail) })
  }
  endSoon()
  // Node.js 20 would free its environment at the end, and for that wait, in a busy loop, for a request that a reset socket
  // never answers. It does not when it is told to exit.
  process.on('exit', (code) => process.exit(code))
}

/** Ends a process that a forgotten timer or connection keeps alive, and says so. */
function endSoon(): void {
  const end = () => {
    console.error(
      `All files have run, but this keeps their process alive: ${process.getActiveResourcesInfo().join(', ')}`,
    )
    root.end()
    setTimeout(() => process.exit(), FLUSH_MS)
  }
  setTimeout(end, PATIENCE_MS).unref()
}
