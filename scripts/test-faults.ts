/**
 * `npm run test:faults`: injects faults into nodes, Redis, PostgreSQL and the network under load, compares what clients
 * received with what was acknowledged, runs attacks of one store on the others, and prints a table of each kind. `npm
 * run test:faults -- test/faults/some.faults.ts` runs one file.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseFiles, runFiles } from './testing/run-files.js'
import { ABUSE_REPORT_VARIABLE, FAULT_REPORT_VARIABLE } from '../harness/variables.js'

/** Minimum number of faults in a whole run; with fewer the run fails. */
const MIN_FAULTS = 1000

type Row = Record<string, number | string>

const reportIn = (folder: string) => join(folder, 'report.jsonl')
const abuseReportIn = (folder: string) => join(folder, 'abuse.jsonl')

await runFiles({
  name: 'faults',
  files: await chooseFiles('test/faults', '.faults.ts'),
  // One file at a time: each needs the whole machine.
  jobs: 1,
  isAlone: () => true,
  isRepeated: false,
  timeoutSeconds: 1200,
  provide: (folder) => ({ [FAULT_REPORT_VARIABLE]: reportIn(folder), [ABUSE_REPORT_VARIABLE]: abuseReportIn(folder) }),
  review: printTables,
})

async function readRows(file: string): Promise<Row[]> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Row)
}

/**
 * Prints the tables. Fails the run on any lost or duplicated message, even if the tests pass, and when a whole run had
 * too few faults.
 */
async function printTables(folder: string): Promise<void> {
  const attacks = await readRows(abuseReportIn(folder))
  if (attacks.length > 0) console.table(attacks)
  const rows = await readRows(reportIn(folder))
  const sum = (key: string) => rows.reduce((total, row) => total + Number(row[key]), 0)
  const keys = ['faults', 'acknowledged', 'deliveries', 'lost', 'duplicated']
  const converged = Math.max(0, ...rows.map((row) => Number(row['convergedMs'])))
  const total = { name: 'total', ...Object.fromEntries(keys.map((key) => [key, sum(key)])), convergedMs: converged }
  console.table([...rows, total])
  const isWhole = process.argv.length === 2
  if (isWhole && (sum('faults') < MIN_FAULTS || attacks.length === 0)) process.exitCode = 1
  if (sum('lost') + sum('duplicated') > 0) process.exitCode = 1
}
