import { readFile } from 'node:fs/promises'
import type { Sample } from './scrape.js'

/** Names and labels that Prometheus itself adds. */
const ofPrometheus = { names: ['up'], labels: ['instance', 'job'] }
/** Functions, operators and keywords of PromQL that the queries use. */
const words = new Set([
  ...['sum', 'by', 'rate', 'increase', 'max', 'min', 'count', 'topk', 'histogram_quantile', 'min_over_time', 'and'],
])

/** Reads the queries of the Grafana dashboard, with its variables replaced. */
export async function readDashboard(): Promise<string[]> {
  const { panels } = JSON.parse(await readFile('deploy/grafana/store-chat.json', 'utf8')) as {
    panels: { targets?: { expr: string }[] }[]
  }
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m')))
}

/** Reads the expressions of the alert rules, which are on the line of `expr` or indented below it. */
export async function readRules(): Promise<string[]> {
  const text = await readFile('deploy/prometheus/store-chat.rules.yml', 'utf8')
  return [...text.matchAll(/^ +expr: (?:\|\n((?: {10}.*\n)+)|(.*))/gm)].map(([, block, line]) =>
    (block ?? line ?? '').replaceAll(/\s+/g, ' ').trim(),
  )
}

/** Returns what a query names and no sample of a node has: names of metrics, names of labels, and values of labels. */
export function findUnknown(query: string, samples: Sample[]): string[] {
  const names = new Set([...ofPrometheus.names, ...samples.map(({ name }) => name)])
  const labelsOf = (name: string) =>
    samples.filter((sample) => sample.name === name).flatMap(({ labels }) => Object.entries(labels))
  const bare = query.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)/g, ' ')
  const asked = [...bare.matchAll(/[a-z_]\w*/gi)].map(([word]) => word).filter((word) => !words.has(word))
  const emitted = asked.flatMap(labelsOf)
  const labelNames = new Set([...ofPrometheus.labels, ...emitted.map(([label]) => label)])
  const pairs = new Set(emitted.map(([label, value]) => `${label}="${value}"`))
  const grouping = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
  const matchers = [...query.matchAll(/(\w+)\s*(=~?|!=|!~)\s*("[^"]*")/g)]
  const usedLabels = [...grouping, ...matchers.map(([, label = '']) => label)]
  const usedPairs = matchers.flatMap(([, label = '', operator, value]) =>
    operator === '=' && !ofPrometheus.labels.includes(label) && labelNames.has(label) ? [`${label}=${value}`] : [],
  )
  return [
    ...asked.filter((name) => !names.has(name)),
    ...usedLabels.filter((label) => !labelNames.has(label)),
    ...usedPairs.filter((pair) => !pairs.has(pair)),
  ]
}
