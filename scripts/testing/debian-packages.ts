import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Installs a package with apt-get, where that is possible without being asked anything. What fails is not told. */
export async function installPackage(name: string): Promise<void> {
  // Runlevel 1 is that of a rescue system: the package then starts no service.
  const settings = 'export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive'
  const install = `${settings}; apt-get -qq update && apt-get -qq install --no-install-recommends ${name}`
  const asRoot = process.getuid?.() === 0
  const [command, words] = asRoot ? ['sh', ['-c', install]] : ['sudo', ['--non-interactive', 'sh', '-c', install]]
  await promisify(execFile)(command, words).catch(() => undefined)
}
