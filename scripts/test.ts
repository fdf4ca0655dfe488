/**
 * `npm test`: starts a PostgreSQL and a Redis, runs the tests with coverage and, at the same time, the checks of types, style,
 * format and imports, and stops everything. `npm test -- test/some.test.ts` runs that file alone.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runChecks } from './testing/checks.js'
import { reviewCoverage } from './testing/coverage.js'
import { endLeftovers } from './testing/leftovers.js'
import { providePgBouncer } from './testing/pgbouncer.js'
import { reviewRows } from './testing/rows/review-rows.js'
import { createRunFolder } from './testing/run-folder.js'
import { runTests } from './testing/run-tests.js'
import { startServices } from './testing/start-services.js'
import { createSteps } from './testing/steps.js'
import { printTotals } from './testing/totals.js'
import { nameServices } from '../harness/services.js'
import { PATIENCE_VARIABLE, ROWS_VARIABLE } from '../harness/variables.js'

/** For two cores: with four, a core is often idle; with six, the processes take more CPU time for the same work. */
const JOBS = 5
/** A whole run keeps the machine busy, so that everything in it takes longer. */
const PATIENCE = 3
const ROWS_FOLDER = resolve('.tap/rows')

const given = process.argv.slice(2)
const isWhole = given.length === 0
const folder = await createRunFolder('test')
// All temporary files go into one folder, which is checked and removed at the end.
const steps = createSteps({ ...process.env, TMPDIR: folder })
const { step, run } = steps

await rm('.tap', { recursive: true, force: true })
await mkdir(ROWS_FOLDER, { recursive: true })
const checks = isWhole ? runChecks(steps) : undefined
await step('pooler', providePgBouncer)
const services = await step('services', () => startServices(folder))
const files = isWhole ? await findTests() : given
if (services) {
  const ofWhole = {
    NODE_V8_COVERAGE: resolve('.tap/coverage'),
    [ROWS_VARIABLE]: ROWS_FOLDER,
    [PATIENCE_VARIABLE]: String(PATIENCE),
  }
  const environment = { ...nameServices(services), ...(isWhole && ofWhole) }
  const reporter = isWhole ? 'dot' : 'spec'
  await step('tests', () =>
    runTests(steps, {
      files,
      jobs: JOBS,
      // They put a pooler between PostgreSQL and all nodes of their process, or measure the memory of the process.
      isAlone: (file) => /^test\/(pooler\/|memory\/collect-garbage)/.test(file),
      isRepeated: isWhole,
      isUnoptimized: true,
      timeoutSeconds: 300,
      reporter,
      environment,
    }),
  )
  if (isWhole) {
    const rows = step('rows', () => reviewRows(ROWS_FOLDER))
    await step('coverage', () => run('c8', ['report']))
    await step('uncovered', reviewCoverage)
    await rows
  }
  await step('services end', () => services.stop())
}
await checks
await step('leftovers', () => endLeftovers(folder))
await rm(folder, { recursive: true, force: true })
printTotals(files)

async function findTests(): Promise<string[]> {
  const names = await readdir('test', { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name}`)
}
