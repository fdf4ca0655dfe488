import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** What a metric recorded within one second of a run. */
export interface Second {
  second: number
  values: number[]
}

/** The samples of some metrics of a run, second by second, from k6's CSV with times in milliseconds. */
export async function readSamples(file: string, metrics: Set<string>): Promise<Map<string, Second[]>> {
  const found = new Map<string, Map<number, number[]>>()
  let startedAtMs = Infinity
  let endedAtMs = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    // The tags that follow may hold commas.
    const [metric = '', time, value] = line.split(',', 3)
    const timeMs = Number(time)
    if (Number.isNaN(timeMs)) continue
    startedAtMs = Math.min(startedAtMs, timeMs)
    endedAtMs = Math.max(endedAtMs, timeMs)
    if (!metrics.has(metric)) continue
    const seconds = found.get(metric) ?? new Map<number, number[]>()
    found.set(metric, seconds)
    const second = Math.floor(timeMs / 1000)
    const values = seconds.get(second) ?? []
    values.push(Number(value))
    seconds.set(second, values)
  }
  const first = Math.floor(startedAtMs / 1000)
  const length = Math.max(0, Math.floor(endedAtMs / 1000) - first + 1)
  return new Map(
    [...found].map(([metric, seconds]) => [
      metric,
      Array.from({ length }, (_, second) => ({ second, values: seconds.get(first + second) ?? [] })),
    ]),
  )
}
