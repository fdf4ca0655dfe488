import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Finds k6 by `K6_PATH`, on the PATH, or where `go install` puts it.
 * @throws Error that says how to install it
 */
export async function findK6(): Promise<string> {
  const given = process.env['K6_PATH'] ?? ''
  for (const path of given === '' ? ['k6', await findGoProgram()] : [given]) {
    const isK6 = await run(path, ['version']).then(
      ({ stdout }) => /^k6(\.exe)? v/.test(stdout),
      () => false,
    )
    if (isK6) return path
  }
  throw new Error(
    given === ''
      ? 'k6 is missing: `go install go.k6.io/k6@latest`, or https://grafana.com/docs/k6/latest/set-up/install-k6/, or set K6_PATH.'
      : `K6_PATH=${given} is no k6.`,
  )
}

async function findGoProgram(): Promise<string> {
  const { stdout } = await run('go', ['env', 'GOPATH']).catch(() => ({ stdout: '' }))
  return join(stdout.trim(), 'bin', 'k6')
}
