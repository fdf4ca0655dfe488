import { access, constants, mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory, which most Linux systems have. */
const MEMORY = '/dev/shm'
/** Ten times what a whole run has needed at its peak. */
const MIN_FREE_BYTES = 4 * 1024 ** 3

/**
 * Creates the folder of a run of tests, in memory where there is room for it: tests create hundreds of databases of hundreds
 * of files each, which on a disk takes a tenth of the time of a run. Where TMPDIR is set, it is created there.
 */
export async function createRunFolder(name: string): Promise<string> {
  const isGiven = (process.env['TMPDIR'] ?? '') !== ''
  const parent = !isGiven && (await hasRoom(MEMORY)) ? MEMORY : tmpdir()
  return mkdtemp(join(parent, `store-chat-${name}-`))
}

async function hasRoom(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize >= MIN_FREE_BYTES
  } catch {
    return false
  }
}
