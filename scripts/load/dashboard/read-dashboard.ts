import { readFile } from 'node:fs/promises'

const DASHBOARD = 'deploy/grafana/store-chat.json'

/** A rectangle of the grid, which has 24 columns. */
export interface GridPosition {
  x: number
  y: number
  w: number
  h: number
}

export interface Series {
  name: string
  points: [seconds: number, value: number][]
}

/** A panel of the dashboard with the data of a run. A row is a heading. */
export interface PanelData {
  title: string
  type: 'row' | 'stat' | 'timeseries'
  unit: string
  gridPos: GridPosition
  /** Names of values, such as `up` for 1. */
  valueNames: Record<string, string>
  series: Series[]
  /** Queries of the panel that returned no series. */
  withoutSeries: string[]
  /** Queries of the panel whose series contain no number, such as quantiles of events that did not happen. */
  withoutNumbers: string[]
}

interface Panel extends Pick<PanelData, 'title' | 'type' | 'gridPos'> {
  targets?: { expr: string; legendFormat: string }[]
  fieldConfig?: {
    defaults: { unit: string; mappings?: { options: Record<string, { text: string }> }[] }
  }
}

/** The result of a range query of Prometheus. */
export type RangeResult = { metric: Record<string, string>; values: [seconds: number, value: string][] }[]

/** Runs each query of the dashboard, with its variables replaced. */
export async function readDashboard(ask: (query: string) => Promise<RangeResult>): Promise<PanelData[]> {
  const { panels } = JSON.parse(await readFile(DASHBOARD, 'utf8')) as { panels: Panel[] }
  return Promise.all(panels.map((panel) => readPanel(panel, ask)))
}

async function readPanel(panel: Panel, ask: (query: string) => Promise<RangeResult>): Promise<PanelData> {
  const { title, type, gridPos, targets = [], fieldConfig } = panel
  const answers = await Promise.all(
    targets.map(async ({ expr, legendFormat }) => {
      const result = await ask(expr.replaceAll('$__rate_interval', '10s').replaceAll('$instance', '.*'))
      return { expr, series: result.map(({ metric, values }) => toSeries(legendFormat, metric, values)) }
    }),
  )
  const hasNumbers = ({ points }: Series) => points.some(([, value]) => Number.isFinite(value))
  const mappings = fieldConfig?.defaults.mappings ?? []
  return {
    ...{ title, type, gridPos },
    unit: fieldConfig?.defaults.unit ?? '',
    valueNames: Object.fromEntries(
      mappings.flatMap(({ options }) => Object.entries(options).map(([value, { text }]) => [value, text])),
    ),
    series: answers.flatMap(({ series }) => series),
    withoutSeries: answers.flatMap(({ expr, series }) => (series.length > 0 ? [] : expr)),
    withoutNumbers: answers.flatMap(({ expr, series }) => (series.length > 0 && !series.some(hasNumbers) ? expr : [])),
  }
}

function toSeries(legend: string, metric: Record<string, string>, values: [number, string][]): Series {
  return {
    name: legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
    points: values.map(([at, value]) => [at, Number(value)]),
  }
}
