import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StartupError } from '../errors/startup-error.js'

/**
 * Makes a folder and the folders above it, where they are missing. With `recursive`, Node.js tries for ever where a parent is
 * there and ENOENT is the answer nevertheless, as in `/proc`.
 */
export async function makeFolder(path: string, options: { mode?: number } = {}): Promise<void> {
  const parent = dirname(path)
  try {
    await makeOne(path, options)
  } catch (error) {
    if (readCode(error) !== 'ENOENT' || parent === path) throw error
    await makeFolder(parent, options)
    await makeOne(path, options)
  }
}

async function makeOne(path: string, options: { mode?: number }): Promise<void> {
  await mkdir(path, options).catch(async (error: unknown) => {
    const found = await stat(path).catch(() => undefined)
    if (found?.isDirectory() !== true) throw error
  })
}

/**
 * Makes a folder of the settings, and requires that files can be made in it. `name` begins the message and `advice` ends it.
 * @throws StartupError
 */
export async function requireFolder(
  path: string,
  { name, advice, mode }: { name: string; advice: string; mode?: number },
): Promise<void> {
  try {
    await makeFolder(path, { ...(mode !== undefined && { mode }) })
    await access(path, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StartupError(`${name} ${path} cannot be written (${readCode(error)}). ${advice}`)
  }
}

const readCode = (error: unknown) => (error as NodeJS.ErrnoException).code
