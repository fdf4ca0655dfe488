/**
 * `npm run test:faults`: breaks nodes, Redis, PostgreSQL and the network under load, holds what the clients saw against
 * what was acknowledged, and prints a table of it. `npm run test:faults -- test/faults/some.faults.ts` runs those alone.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseFiles, runFiles } from '../test/run/run-files.js'
import { REPORT_VARIABLE } from '../test/support/fault-run.js'

const reportIn = (folder: string) => join(folder, 'report.jsonl')

await runFiles({
  name: 'faults',
  files: await chooseFiles('test/faults', '.faults.ts'),
  // One file after the other: each wants the machine for itself.
  words: ['--jobs=1', '--timeout-s=400'],
  provide: (folder) => ({ [REPORT_VARIABLE]: reportIn(folder) }),
  review: printTable,
})

/** Any loss or duplicate makes the run fail, whatever the tests say. */
async function printTable(folder: string): Promise<void> {
  const lines = (await readFile(reportIn(folder), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  const rows = lines.map((line) => JSON.parse(line) as Record<string, number | string>)
  const sum = (key: string) => rows.reduce((total, row) => total + Number(row[key]), 0)
  const keys = ['faults', 'acknowledged', 'deliveries', 'lost', 'duplicated']
  const converged = Math.max(0, ...rows.map((row) => Number(row['convergedMs'])))
  const total = { name: 'total', ...Object.fromEntries(keys.map((key) => [key, sum(key)])), convergedMs: converged }
  console.table([...rows, total])
  const isWhole = process.argv.length === 2
  if ((isWhole && rows.length === 0) || sum('lost') + sum('duplicated') > 0) process.exitCode = 1
}
