/**
 * Runs test files, some at a time, each in a process of its own, and prints what failed. tap's own command does the same,
 * but gives four loaders to each process and to all that it spawns, which would double the time of `npm test`.
 */
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { inspect, parseArgs } from 'node:util'
import t from 'tap'
import { Parser } from 'tap-parser'
import { compiledPath, compileTests } from './compile-tests.js'
import { RESULTS } from './find-tests.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: 'string', default: '3' }, 'timeout-s': { type: 'string', default: '300' } },
})
const timeout = Number(values['timeout-s']) * 1000
// `env -u` drops what tap hands on to the processes that it spawns: its loaders.
const words = [
  '-u',
  'NODE_OPTIONS',
  process.execPath,
  ...(process.env['NODE_V8_COVERAGE'] ? [] : ['--enable-source-maps']),
]

void runFiles(positionals)

async function runFiles(files: string[]): Promise<void> {
  await compileTests()
  const results = createWriteStream(RESULTS)
  t.setTimeout(0)
  t.register()
  t.pipe(results)
  t.jobs = Math.min(Number(values.jobs), files.length)
  t.plan(files.length)
  await Promise.all(files.map(runFile))
  await finished(results)
  await printFailures()
}

async function runFile(file: string): Promise<void> {
  const env = { ...process.env, TAP_TIMEOUT: String(timeout / 1000) }
  const result = await t.spawn(
    'env',
    [...words, compiledPath(file)],
    { env, timeout, buffered: true, stdio: 'inherit' },
    file,
  )
  console.log(`${result?.ok === true ? 'pass' : 'FAIL'}  ${file} ${((result?.time ?? 0) / 1000).toFixed(1)} s`)
}

async function printFailures(): Promise<void> {
  for (const [kind, result] of Parser.parse(await readFile(RESULTS, 'utf8'), { flat: true })) {
    if (kind !== 'assert' || result.ok || result.todo || result.skip) continue
    console.log(`\n✖ ${result.fullname}\n${inspect(result.diag, { depth: 6 })}`)
  }
}
