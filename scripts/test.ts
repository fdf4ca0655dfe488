/**
 * `npm test`: starts a PostgreSQL and a Redis for the tests, checks types, style and format, runs the tests with coverage,
 * and ends all that it started. `npm test -- test/some.test.ts` runs those tests alone.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { reviewCoverage } from '../test/run/coverage.js'
import { endLeftovers } from '../test/run/leftovers.js'
import { providePgBouncer } from '../test/run/pgbouncer.js'
import { startServices } from '../test/run/start-services.js'
import { createSteps } from '../test/run/steps.js'
import { findTests } from '../test/run/find-tests.js'
import { printTotals } from '../test/run/totals.js'
import { nameServices } from '../test/support/services.js'

const files = process.argv.slice(2)
const isWhole = files.length === 0
const coverage = resolve('.tap/coverage')
const folder = await mkdtemp(join(tmpdir(), 'store-chat-test-'))
// Everything temporary goes into one folder, which is looked through and removed at the end.
const { step, run } = createSteps({ ...process.env, TMPDIR: folder })

await rm('.tap', { recursive: true, force: true })
await step('pooler', providePgBouncer)
const services = await step('services', () => startServices(folder))
if (isWhole) {
  for (const program of ['.', 'tsconfig.pages.json', 'scripts/load'])
    await step(`types of ${program}`, () => run('tsc', ['-p', program]))
  await step('lint', () => run('eslint', ['.']))
  await step('format', () => run('prettier', ['--check', '--log-level', 'warn', '.']))
}
if (services) {
  const environment = { ...nameServices(services), ...(isWhole && { NODE_V8_COVERAGE: coverage }) }
  await step('tests', async () =>
    run('tsx', ['test/run/tests.ts', ...(isWhole ? await findTests() : files)], environment),
  )
  if (isWhole) {
    await step('coverage', () => run('c8', ['report']))
    await step('uncovered', reviewCoverage)
  }
  await step('services end', () => services.stop())
}
await step('leftovers', () => endLeftovers(folder))
await rm(folder, { recursive: true, force: true })
await printTotals()
