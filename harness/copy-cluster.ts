import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Copies a PostgreSQL cluster that does not run into a new folder, with the owners of its files. */
export async function copyCluster(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await promisify(execFile)('cp', ['-a', join(from, 'postgres'), join(to, 'postgres')])
}
