/**
 * `npm run load`: runs each k6 script of scripts/load against two nodes that it starts. `npm run load -- storm race`
 * runs only these scripts. `PROXY=caddy` or `PROXY=nginx` puts that proxy in front of the nodes, with its configuration
 * in deploy/. k6 writes the report and the numbers of each script to load-results/. The command fails if a threshold
 * fails, or if a query of the dashboard has no data after `workday`. Ctrl-C stops everything.
 */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseProxy, type ProxyName } from '../harness/configure-proxy.js'
import { drawPage } from './load/dashboard/draw-page.js'
import type { PanelData } from './load/dashboard/read-dashboard.js'
import { chooseScripts, type Script } from './load/runner/choose-scripts.js'
import { findK6 } from './load/runner/find-k6.js'
import { withStand } from './load/runner/open-stand.js'
import { runK6 } from './load/runner/run-k6.js'

const RESULTS = 'load-results'

const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort())

await main().catch((error: unknown) => {
  // The interruption makes the current run fail.
  if (!interruption.signal.aborted) console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const chosen = chooseScripts(process.argv.slice(2))
  const proxyName = chooseProxy(process.env['PROXY'])
  const k6 = await findK6()
  await mkdir(RESULTS, { recursive: true })
  for (const script of chosen) {
    console.log(`\n── ${script}`)
    await runScript(script, k6, proxyName)
  }
}

async function runScript(script: Script, k6: string, proxyName: ProxyName | undefined): Promise<void> {
  const { signal } = interruption
  const resultFile = (extension: string) => join(RESULTS, `${script}.${extension}`)
  const files = { logFile: resultFile('log'), reportFile: resultFile('html'), summaryFile: resultFile('json') }
  const dashboard = { data: resultFile('dashboard.json'), page: resultFile('dashboard.html') }
  const all = [...Object.values(files), ...Object.values(dashboard)]
  await Promise.all(all.map((file) => rm(file, { force: true })))
  const isWorkday = script === 'workday'
  const { FAULTS = '' } = process.env
  const cutsNetwork = script === 'storm' && (FAULTS === '' || FAULTS.split(',').includes('network'))
  const stand = { ...files, hasPlatform: isWorkday, proxyName, cutsNetwork }
  const panels = await withStand(stand, signal, async (environment) => {
    const exitCode = await runK6(k6, { script: `scripts/load/${script}.js`, environment, ...files }, signal)
    if (exitCode !== 0) process.exitCode = 1
  })
  // k6 writes no report of a run of a few seconds.
  if (existsSync(files.reportFile)) console.log(`${files.reportFile} shows the run second by second.`)
  if (panels === undefined) {
    if (isWorkday) console.log('Prometheus is not installed, so the dashboard was not checked.')
    return
  }
  await writeFile(dashboard.data, JSON.stringify(panels))
  await writeFile(dashboard.page, drawPage(`store-chat: ${script}`, panels))
  console.log(`${dashboard.page} is the dashboard with the data of the run.`)
  if (!checkDashboard(panels, isWorkday)) process.exitCode = 1
}

/**
 * Prints the queries that returned nothing. Most scripts do not cause every event, and a quantile of nothing is not a
 * number. So only their number is printed, unless the script is to cause all of them.
 */
function checkDashboard(panels: PanelData[], isComplete: boolean): boolean {
  const missing = panels.flatMap(({ title, withoutSeries, withoutNumbers }) =>
    [...withoutSeries, ...(isComplete ? withoutNumbers : [])].map((query) => `${title}: ${query}`),
  )
  if (isComplete) for (const query of missing) console.log(`The dashboard has no data for ${query}`)
  else if (missing.length > 0) console.log(`${missing.length} of its queries returned nothing.`)
  return missing.length === 0 || !isComplete
}
