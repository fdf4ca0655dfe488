import { findPgBouncer } from '../../harness/find-program.js'
import { installPackage } from './debian-packages.js'

/** Installs PgBouncer if it is missing and can be installed. Without it, the tests behind a pooler are skipped. */
export async function providePgBouncer(): Promise<void> {
  if ((await findPgBouncer()) !== undefined) return
  console.error('There is no pgbouncer: installing it')
  await installPackage('pgbouncer')
}
