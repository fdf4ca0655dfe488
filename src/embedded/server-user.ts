import { execFile } from 'node:child_process'
import { chown, stat } from 'node:fs/promises'
import { promisify } from 'node:util'

/** How to run a PostgreSQL program: the command's prefix, and the user. */
export interface ServerUser {
  prefix: string[]
  uid?: number
  gid?: number
}

const NOBODY = 65534

/**
 * PostgreSQL refuses to run as root. Root therefore runs it in a user namespace that maps root's files to another user.
 * So no file changes its owner, and a checkout below a private home folder works. Where namespaces are forbidden, as in
 * most containers, it runs as `nobody`, which then owns the folder. Any other user needs neither.
 */
export async function chooseServerUser(folder: string): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return { prefix: [] }
  const owner = await stat(folder)
  if (owner.uid === 0 && (await namespacesWork())) return { prefix: [...namespacePrefix] }
  if (owner.uid === 0) await chown(folder, NOBODY, NOBODY)
  const uid = owner.uid === 0 ? NOBODY : owner.uid
  const gid = owner.uid === 0 ? NOBODY : owner.gid
  return { prefix: [], uid, gid }
}

const namespacePrefix = ['unshare', '--user', '--map-user=nobody'] as const

async function namespacesWork(): Promise<boolean> {
  const [command, ...args] = namespacePrefix
  return promisify(execFile)(command, [...args, 'true']).then(
    () => true,
    () => false,
  )
}
