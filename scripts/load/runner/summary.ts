import type { Second } from './read-samples.js'

/** What k6 exports of a metric: the numbers of its kind, and whether each threshold was crossed. */
export interface ExportedMetric {
  [aggregate: string]: number | Record<string, boolean> | undefined
  thresholds?: Record<string, boolean>
}

export interface Threshold {
  metric: string
  condition: string
  passed: boolean
}

/** Times in milliseconds. */
export interface Times {
  name: string
  count: number
  median: number
  p95: number
  p99: number
  highest: number
  /** By second; null where there was none. */
  medians: (number | null)[]
  p95s: (number | null)[]
}

export interface Count {
  name: string
  total: number
  /** By second. */
  counts: number[]
}

/** What a run of a script has shown. */
export interface Summary {
  script: string
  shows: string
  startedAt: string
  tookSeconds: number
  k6: string
  machine: string
  passed: boolean
  thresholds: Threshold[]
  times: Times[]
  counts: Count[]
}

type Metrics = Record<string, ExportedMetric>

/** k6's own; every other metric is one that a script has made. */
const builtIn = /^(http_|ws_|data_|iteration|vus|group_duration|checks$|dropped_iterations$)/

/** The metrics that a script has made. */
export const listOwnMetrics = (metrics: Metrics) => Object.keys(metrics).filter((name) => !builtIn.test(name))

export function listThresholds(metrics: Metrics): Threshold[] {
  return Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
    // k6 exports whether it was crossed.
    Object.entries(thresholds).map(([condition, crossed]) => ({ metric, condition, passed: !crossed })),
  )
}

export function sumUpTimes(name: string, seconds: Second[]): Times {
  const all = seconds.flatMap(({ values }) => values)
  const at = (share: number) => seconds.map(({ values }) => quantile(values, share))
  return {
    name,
    count: all.length,
    median: quantile(all, 0.5) ?? 0,
    p95: quantile(all, 0.95) ?? 0,
    p99: quantile(all, 0.99) ?? 0,
    highest: quantile(all, 1) ?? 0,
    medians: at(0.5),
    p95s: at(0.95),
  }
}

export function sumUpCount(name: string, seconds: Second[]): Count {
  const counts = seconds.map(({ values }) => values.reduce((sum, value) => sum + value, 0))
  return { name, total: counts.reduce((sum, count) => sum + count, 0), counts }
}

/** The smallest value that is not exceeded by that share of them. */
function quantile(values: number[], share: number): number | null {
  const sorted = [...values].sort((one, other) => one - other)
  const place = Math.max(0, Math.ceil(share * sorted.length) - 1)
  return sorted[place] ?? null
}
