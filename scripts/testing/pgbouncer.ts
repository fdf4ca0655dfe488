import { findPgBouncer } from '../../harness/find-program.js'
import { installPackage } from './debian-packages.js'

/** Installs PgBouncer where it is missing and can be installed. The tests behind a pooler skip themselves without it. */
export async function providePgBouncer(): Promise<void> {
  if ((await findPgBouncer()) !== undefined) return
  console.error('There is no pgbouncer: installing it')
  await installPackage('pgbouncer')
}
