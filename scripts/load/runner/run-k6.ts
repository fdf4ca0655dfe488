import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { K6 } from './find-k6.js'

export interface K6Run {
  /** The script, from the root of the repository. */
  script: string
  environment: Record<string, string>
  /** Takes what k6 writes. */
  folder: string
}

export interface K6Result {
  exitCode: number
  /** The end-of-test summary, as JSON. */
  summaryFile: string
  /** Every sample, as CSV with times in milliseconds. */
  samplesFile: string
}

/** Runs a script, with k6's own output on this terminal. */
export async function runK6(
  { path }: K6,
  { script, environment, folder }: K6Run,
  signal: AbortSignal,
): Promise<K6Result> {
  const summaryFile = join(folder, 'summary.json')
  const samplesFile = join(folder, 'samples.csv')
  const files = [`--summary-export=${summaryFile}`, `--out=csv=${samplesFile}`]
  // A group of its own: a Ctrl-C would reach k6 twice otherwise, from the terminal and from here.
  const child = spawn(path, ['run', '--no-usage-report', ...files, script], {
    env: { ...process.env, ...environment, K6_CSV_TIME_FORMAT: 'unix_milli' },
    stdio: ['ignore', 'inherit', 'pipe'],
    detached: true,
  })
  // One for each request while the nodes are down: k6's summary counts them.
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!line.includes('Request Failed')) console.error(line)
  })
  const stop = () => child.kill('SIGKILL')
  signal.addEventListener('abort', stop)
  const [code] = (await once(child, 'close')) as [number | null]
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  return { exitCode: code ?? 1, summaryFile, samplesFile }
}
