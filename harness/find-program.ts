import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Finds the first of these programs that is on the PATH. */
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

/** Debian installs PgBouncer in /usr/sbin, which is on the PATH of root only. */
export const findPgBouncer = async () => (await findProgram('pgbouncer')) ?? findProgram('../sbin/pgbouncer')
