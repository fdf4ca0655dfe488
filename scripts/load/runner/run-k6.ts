import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Run {
  script: string
  /** Environment variables for the script. */
  environment: Record<string, string>
  /** Where k6 writes its HTML report. */
  reportFile: string
  /** Where k6 writes the end-of-test summary as JSON. */
  summaryFile: string
}

/**
 * Runs a script and returns k6's exit code, which is not 0 if a threshold failed.
 * @param signal kills k6
 * @throws the abort reason of the signal
 */
export async function runK6(
  path: string,
  { script, environment, reportFile, summaryFile }: Run,
  signal: AbortSignal,
): Promise<number> {
  const dashboard = {
    K6_WEB_DASHBOARD: 'true',
    K6_WEB_DASHBOARD_EXPORT: reportFile,
    // Only the report, without a server. One point each second, because a short run takes only a few seconds.
    K6_WEB_DASHBOARD_PORT: '-1',
    K6_WEB_DASHBOARD_PERIOD: '1s',
  }
  // Its own process group: otherwise k6 would get a Ctrl-C twice, from the terminal and from here.
  const child = spawn(path, ['run', '--no-usage-report', `--summary-export=${summaryFile}`, script], {
    env: { ...process.env, ...dashboard, ...environment },
    stdio: ['ignore', 'inherit', 'pipe'],
    detached: true,
  })
  // k6 warns of each request that fails while the nodes are down. Its summary counts them.
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
