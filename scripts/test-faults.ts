/**
 * `npm run test:faults`: breaks nodes, Redis, PostgreSQL and the network under load, holds what the clients saw against
 * what was acknowledged, and prints a table of it. `npm run test:faults -- test/faults/some.faults.ts` runs those alone.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endLeftovers } from '../test/run/leftovers.js'
import { startServices } from '../test/run/start-services.js'
import { createSteps } from '../test/run/steps.js'
import { REPORT_VARIABLE } from '../test/support/fault-run.js'
import { nameServices } from '../test/support/services.js'

const given = process.argv.slice(2)
const found = (await readdir('test/faults')).filter((name) => name.endsWith('.faults.ts')).sort()
const files = given.length > 0 ? given : found.map((name) => `test/faults/${name}`)
const folder = await mkdtemp(join(tmpdir(), 'store-chat-faults-'))
const report = join(folder, 'report.jsonl')
const { step, run } = createSteps({ ...process.env, TMPDIR: folder })

const services = await step('services', () => startServices(folder))
if (services) {
  const environment = { ...nameServices(services), [REPORT_VARIABLE]: report }
  // One file after the other: each wants the machine for itself.
  const words = ['test/run/tests.ts', '--jobs=1', '--timeout-s=400', ...files]
  await step('faults', () => run('tsx', words, environment))
  await step('services end', () => services.stop())
}
await step('leftovers', () => endLeftovers(folder))
await printTable()
await rm(folder, { recursive: true, force: true })

/** Any loss or duplicate makes the run fail, whatever the tests say. */
async function printTable(): Promise<void> {
  const lines = (await readFile(report, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  const rows = lines.map((line) => JSON.parse(line) as Record<string, number | string>)
  const sum = (key: string) => rows.reduce((total, row) => total + Number(row[key]), 0)
  const keys = ['faults', 'acknowledged', 'deliveries', 'lost', 'duplicated']
  const converged = Math.max(0, ...rows.map((row) => Number(row['convergedMs'])))
  const total = { name: 'total', ...Object.fromEntries(keys.map((key) => [key, sum(key)])), convergedMs: converged }
  console.table([...rows, total])
  if (rows.length === 0 || sum('lost') + sum('duplicated') > 0) process.exitCode = 1
}
