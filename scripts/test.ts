/**
 * `npm test`: starts a PostgreSQL and a Redis for the tests, checks types, style and format, runs the tests with coverage,
 * and ends all that it started. `npm test -- test/some.test.ts` runs those tests alone.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reviewCoverage } from '../test/run/coverage.js'
import { endLeftovers } from '../test/run/leftovers.js'
import { startServices } from '../test/run/start-services.js'
import { createSteps } from '../test/run/steps.js'
import { printTotals } from '../test/run/totals.js'
import { nameServices } from '../test/support/services.js'

const files = process.argv.slice(2)
// Without a terminal the reporter would print every state that it would have drawn over there.
const quiet = process.stdout.isTTY ? {} : { CI: 'true' }
const results = '.tap/results.tap'
const folder = await mkdtemp(join(tmpdir(), 'store-chat-test-'))
// Everything temporary goes into one folder, which is looked through and removed at the end.
const { step, run } = createSteps({ ...process.env, TMPDIR: folder })

await rm(results, { force: true })
const services = await step('services', () => startServices(folder))
if (files.length === 0) {
  await step('types', () => run('tsc', ['-p', '.']))
  await step('types of the load tests', () => run('tsc', ['-p', 'scripts/load']))
  await step('lint', () => run('eslint', ['.']))
  await step('format', () => run('prettier', ['--check', '--log-level', 'warn', '.']))
}
if (services) {
  const words = files.length === 0 ? [] : ['--disable-coverage', ...files]
  const tap = ['run', '--reporter=base', `--output-file=${results}`, ...words]
  await step('tests', () => run('tap', tap, { ...nameServices(services), ...quiet }))
  if (files.length === 0) await step('coverage', reviewCoverage)
  await step('services end', () => services.stop())
}
await step('leftovers', () => endLeftovers(folder))
await rm(folder, { recursive: true, force: true })
await printTotals(results)
