import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '../../../harness/free-port.js'
import { findProgram } from '../../../harness/find-program.js'
import { until } from '../../../harness/until.js'
import { readDashboard, type PanelData, type RangeResult } from '../dashboard/read-dashboard.js'

export interface MetricsWatch {
  /** Runs the queries of the dashboard over the time since the start. */
  readDashboard(): Promise<PanelData[]>
  stop(): Promise<void>
}

const STEP_SECONDS = 2

/** Runs a Prometheus that scrapes the nodes every second; undefined when it is not installed. */
export async function watchMetrics(targets: string[]): Promise<MetricsWatch | undefined> {
  const program = await findProgram('prometheus')
  if (program === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'store-chat-prometheus-'))
  const port = await findFreePort()
  const scrape = { job_name: 'store-chat', scrape_interval: '1s', static_configs: [{ targets }] }
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: [scrape] }))
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`]
  const child = spawn(program, [...args, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' })
  const origin = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${origin}/-/ready`)).ok, 30_000, 'Prometheus answers')
  const startedAt = Date.now() / 1000

  async function ask(query: string): Promise<RangeResult> {
    const range = { start: `${startedAt}`, end: `${Date.now() / 1000}`, step: `${STEP_SECONDS}` }
    const answer = await fetch(`${origin}/api/v1/query_range?${new URLSearchParams({ query, ...range }).toString()}`)
    if (!answer.ok) throw new Error(`${query}: ${await answer.text()}`)
    return ((await answer.json()) as { data: { result: RangeResult } }).data.result
  }

  return {
    readDashboard: () => readDashboard(ask),
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
