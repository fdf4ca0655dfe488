/**
 * `npm run load`: runs every k6 script of scripts/load against two nodes that it starts for it; `npm run load -- storm race`
 * runs those. What they found goes to load-results/: a JSON for each and a page of all, index.html. Fails when a threshold
 * does. Ctrl-C ends everything.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseScripts, scripts, type Script } from './load/runner/choose-scripts.js'
import { findK6, type K6 } from './load/runner/find-k6.js'
import { withStand } from './load/runner/open-stand.js'
import { renderPage } from './load/runner/page.js'
import { readSummary } from './load/runner/read-summary.js'
import { runK6 } from './load/runner/run-k6.js'
import type { Summary } from './load/runner/summary.js'

const RESULTS = 'load-results'
const resultFile = (script: Script) => join(RESULTS, `${script}.json`)

const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort())

await main().catch((error: unknown) => {
  // What was under way fails because of the interruption.
  if (!interruption.signal.aborted) console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const chosen = chooseScripts(process.argv.slice(2))
  const k6 = await findK6()
  await mkdir(RESULTS, { recursive: true })
  for (const script of chosen) {
    console.log(`\n── ${script}`)
    await runScript(script, k6)
    await writePage()
  }
}

async function runScript(script: Script, k6: K6): Promise<void> {
  const { signal } = interruption
  const logFile = join(RESULTS, `${script}.log`)
  await Promise.all([logFile, resultFile(script)].map((file) => rm(file, { force: true })))
  await withStand(logFile, signal, async ({ variables, folder }) => {
    const startedAt = new Date()
    const run = { script: `scripts/load/${script}.js`, environment: variables, folder }
    const result = await runK6(k6, run, signal)
    if (result.exitCode !== 0) process.exitCode = 1
    const summary = await readSummary(script, result, { k6: k6.version, startedAt })
    await writeFile(resultFile(script), `${JSON.stringify(summary, null, 2)}\n`)
  })
}

/** Of every script's last run. */
async function writePage(): Promise<void> {
  const found = await Promise.all(
    scripts.map((script) => readFile(resultFile(script), 'utf8').then(JSON.parse, () => undefined)),
  )
  const summaries = found.filter((summary): summary is Summary => summary !== undefined)
  await writeFile(join(RESULTS, 'index.html'), renderPage(summaries))
  console.log(`\n${join(RESULTS, 'index.html')} shows it.`)
}
