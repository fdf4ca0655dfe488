import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '../../../harness/free-port.js'
import { findProgram } from '../../../harness/find-program.js'
import { until } from '../../../harness/until.js'

/** A panel of the dashboard with the data of a run. */
export interface PanelData {
  title: string
  unit: string
  series: { name: string; points: [seconds: number, value: number][] }[]
  /** Its queries that returned nothing. */
  withoutData: string[]
}

export interface MetricsWatch {
  /** Asks what the dashboard asks, about the time since the start. */
  readDashboard(): Promise<PanelData[]>
  stop(): Promise<void>
}

interface Panel {
  title: string
  targets?: { expr: string; legendFormat: string }[]
  fieldConfig?: { defaults: { unit: string } }
}

interface RangeAnswer {
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] }
}

const DASHBOARD = 'deploy/grafana/store-chat.json'
const STEP_SECONDS = 2

/** Runs a Prometheus that reads the nodes every second; undefined where the machine has none. */
export async function watchMetrics(targets: string[]): Promise<MetricsWatch | undefined> {
  const program = await findProgram('prometheus')
  if (program === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'store-chat-prometheus-'))
  const port = await findFreePort()
  const scrape = { job_name: 'store-chat', scrape_interval: '1s', static_configs: [{ targets }] }
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: [scrape] }))
  const words = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`]
  const child = spawn(program, [...words, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' })
  const origin = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${origin}/-/ready`)).ok, 30_000, 'Prometheus answers')
  const startedAt = Date.now() / 1000

  async function ask(expr: string): Promise<RangeAnswer['data']['result']> {
    const query = expr.replaceAll('$__rate_interval', '10s').replaceAll('$instance', '.*')
    const range = { start: `${startedAt}`, end: `${Date.now() / 1000}`, step: `${STEP_SECONDS}` }
    const answer = await fetch(`${origin}/api/v1/query_range?${new URLSearchParams({ query, ...range }).toString()}`)
    if (!answer.ok) throw new Error(`${expr}: ${await answer.text()}`)
    return ((await answer.json()) as RangeAnswer).data.result
  }

  async function readPanel({ title, targets = [], fieldConfig }: Panel): Promise<PanelData> {
    const answers = await Promise.all(
      targets.map(async ({ expr, legendFormat }) => {
        const result = await ask(expr)
        const series = result.map(({ metric, values }) => ({
          name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
          points: values.map(([at, value]): [number, number] => [at, Number(value)]),
        }))
        return { expr, series }
      }),
    )
    return {
      title,
      unit: fieldConfig?.defaults.unit ?? '',
      series: answers.flatMap(({ series }) => series),
      withoutData: answers.flatMap(({ expr, series }) => (series.length > 0 ? [] : expr)),
    }
  }

  return {
    async readDashboard() {
      const { panels } = JSON.parse(await readFile(DASHBOARD, 'utf8')) as { panels: Panel[] }
      return Promise.all(panels.filter(({ targets }) => targets !== undefined).map(readPanel))
    },
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
