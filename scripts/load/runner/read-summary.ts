import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import type { Script } from './choose-scripts.js'
import { readSamples } from './read-samples.js'
import type { K6Result } from './run-k6.js'
import { listOwnMetrics, listThresholds, sumUpCount, sumUpTimes, type ExportedMetric, type Summary } from './summary.js'

/** Reads what k6 has written of a run. */
export async function readSummary(
  script: Script,
  { exitCode, summaryFile, samplesFile }: K6Result,
  { k6, startedAt }: { k6: string; startedAt: Date },
): Promise<Summary> {
  const { metrics } = JSON.parse(await readFile(summaryFile, 'utf8')) as { metrics: Record<string, ExportedMetric> }
  const names = listOwnMetrics(metrics)
  const samples = await readSamples(samplesFile, new Set(names))
  const secondsOf = (name: string) => samples.get(name) ?? []
  const [times, counts] = [names.filter((name) => name.endsWith('_ms')), names.filter((name) => !name.endsWith('_ms'))]
  const [cpu] = cpus()
  return {
    script,
    shows: readPurpose(await readFile(`scripts/load/${script}.js`, 'utf8')),
    startedAt: startedAt.toISOString(),
    tookSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    k6,
    machine: `${cpus().length} × ${cpu?.model ?? 'unknown'}`,
    passed: exitCode === 0,
    thresholds: listThresholds(metrics),
    times: times.map((name) => sumUpTimes(name, secondsOf(name))),
    counts: counts.map((name) => sumUpCount(name, secondsOf(name))),
  }
}

/** The first paragraph of the comment at the top of a script. */
export function readPurpose(source: string): string {
  const [paragraph = ''] = source.replace(/^\/\*\*/, '').split(/\n \*\s*\n| \*\//)
  return paragraph
    .replace(/^ \* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
}
