import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Tries to install a package with apt-get, without prompts. Errors are ignored: the caller checks for the program. */
export async function installPackage(name: string): Promise<void> {
  // In runlevel 1 (rescue mode) a package does not start its services.
  const settings = 'export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive'
  const install = `${settings}; apt-get -qq update && apt-get -qq install --no-install-recommends ${name}`
  const asRoot = process.getuid?.() === 0
  const [command, words] = asRoot ? ['sh', ['-c', install]] : ['sudo', ['--non-interactive', 'sh', '-c', install]]
  await promisify(execFile)(command, words).catch(() => undefined)
}
