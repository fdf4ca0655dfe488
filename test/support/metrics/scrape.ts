import type { TestNode } from '../nodes/node.js'

/** One line of the metrics. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** The metrics of a node. */
export interface Scrape {
  text: string
  samples: Sample[]
  /** Returns the value of the first sample with these labels, among others; undefined when there is none. */
  value(name: string, labels?: Record<string, string>): number | undefined
}

/** Returns the URL of a node's metrics. */
export function metricsUrl({ app }: Pick<TestNode, 'app'>): string {
  if (app.metrics === undefined) throw new Error('The node has no metrics')
  return `${app.metrics.origin}/metrics`
}

export async function scrape(url: string): Promise<Scrape> {
  const answer = await fetch(url)
  if (answer.status !== 200) throw new Error(`The metrics are answered with ${answer.status}`)
  const text = await answer.text()
  const samples = text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : parseSample(line)))
  return {
    text,
    samples,
    value: (name, labels = {}) =>
      samples.find(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value,
  }
}

function parseSample(line: string): Sample {
  const [, name = '', list = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  const labels = [...list.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text])
  if (name === '') throw new Error(`Not a sample: ${line}`)
  return { name, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) }
}
