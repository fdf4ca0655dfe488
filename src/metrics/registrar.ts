import { Counter, Gauge, Histogram as LibraryHistogram, Registry } from 'prom-client'
import type { Histogram } from '../instruments/histogram.js'

type Labels = Record<string, string | number>

/** A value with its labels. */
export type Sample<Value> = [labels: Labels, value: Value]

/** Describes a metric whose values are kept elsewhere and read at each scrape. */
export interface MetricDescription<Value> {
  /** See https://prometheus.io/docs/practices/naming/ */
  name: string
  help: string
  labelNames?: string[]
  /** A metric without a sample is absent. */
  read(): Sample<Value>[] | Value | undefined
}

/** Registers metrics that cost nothing between scrapes. */
export interface Registrar {
  counter(description: MetricDescription<number>): void
  gauge(description: MetricDescription<number>): void
  histogram(description: MetricDescription<Histogram>): void
}

export function createRegistrar(registry: Registry): Registrar {
  const registers = [registry]
  return {
    counter({ name, help, labelNames = [], read }) {
      new Counter({
        ...{ name, help, labelNames, registers },
        collect() {
          this.reset()
          for (const [labels, value] of toSamples(read())) this.inc(labels, value)
        },
      })
    },
    gauge({ name, help, labelNames = [], read }) {
      new Gauge({
        ...{ name, help, labelNames, registers },
        collect() {
          this.reset()
          // `reset` sets a gauge without labels to 0; it must be absent when there is no sample.
          if (labelNames.length === 0) this.remove()
          for (const [labels, value] of toSamples(read())) this.set(labels, value)
        },
      })
    },
    histogram({ name, help, read }) {
      // The registry only reads `name` and calls `get`. A histogram of the library would have to be given each
      // observation.
      const get = async () => ({ name, help, type: 'histogram', values: toSamples(read()).flatMap(toLines(name)) })
      registry.registerMetric({ name, get } as unknown as LibraryHistogram)
    },
  }
}

function toSamples<Value>(read: Sample<Value>[] | Value | undefined): Sample<Value>[] {
  if (read === undefined) return []
  return Array.isArray(read) ? read : [[{}, read]]
}

/** The lines of a histogram. Buckets are cumulative. */
const toLines =
  (name: string) =>
  ([labels, { bounds, counts, sum }]: Sample<Histogram>) => {
    let count = 0
    const buckets = counts.map((own, index) => {
      count += own
      return { labels: { le: bounds[index] ?? '+Inf', ...labels }, value: count, metricName: `${name}_bucket` }
    })
    return [
      ...buckets,
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ]
  }
