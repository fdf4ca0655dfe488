import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Run {
  script: string
  /** What the script reads, by variable. */
  environment: Record<string, string>
  /** Where k6 writes its HTML report. */
  reportFile: string
  /** Where k6 writes the end-of-test summary as JSON. */
  summaryFile: string
}

/**
 * Runs a script and returns k6's exit code: not 0 when a threshold failed.
 * @param signal kills k6
 * @throws what the signal was aborted with
 */
export async function runK6(
  path: string,
  { script, environment, reportFile, summaryFile }: Run,
  signal: AbortSignal,
): Promise<number> {
  const dashboard = {
    K6_WEB_DASHBOARD: 'true',
    K6_WEB_DASHBOARD_EXPORT: reportFile,
    // No server, only the report; a point for each second, because the shortest runs take a few seconds.
    K6_WEB_DASHBOARD_PORT: '-1',
    K6_WEB_DASHBOARD_PERIOD: '1s',
  }
  // A group of its own: a Ctrl-C would reach k6 twice otherwise, from the terminal and from here.
  const child = spawn(path, ['run', '--no-usage-report', `--summary-export=${summaryFile}`, script], {
    env: { ...process.env, ...dashboard, ...environment },
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
  return code ?? 1
}
