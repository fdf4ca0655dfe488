import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The first of these programs on the PATH. */
export async function findProgram(...names: string[]): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  for (const path of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runs) return path
  }
  return undefined
}

/** Debian keeps it in a folder that is on root's PATH alone. */
export const findPgBouncer = async () => (await findProgram('pgbouncer')) ?? findProgram('../sbin/pgbouncer')
