import { readdir, readFile, readlink } from 'node:fs/promises'
import { StepFailure } from './steps.js'

/**
 * Kills processes that tests left running: those whose working directory is in this run's temporary folder, or whose
 * environment names it.
 * @throws StepFailure that names them
 */
export async function endLeftovers(folder: string): Promise<void> {
  const found = await findProcesses(folder)
  for (const { pid } of found) kill(pid)
  if (found.length > 0) {
    throw new StepFailure(
      `Left behind, and ended now:\n${found.map(({ pid, command }) => `  ${pid} ${command}`).join('\n')}`,
    )
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It has ended since it was found.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Reads /proc, so it finds processes on Linux only. */
async function findProcesses(folder: string): Promise<{ pid: number; command: string }[]> {
  const entries = await readdir('/proc').catch(() => [])
  const pids = entries.map(Number).filter((pid) => pid > 0 && pid !== process.pid)
  const looked = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')
      const works = await readlink(`/proc/${pid}/cwd`).catch(() => '')
      const isOurs = works.startsWith(folder) || (await read('environ')).includes(`TMPDIR=${folder}\0`)
      return isOurs ? [{ pid, command: (await read('cmdline')).replaceAll('\0', ' ') }] : []
    }),
  )
  return looked.flat()
}
