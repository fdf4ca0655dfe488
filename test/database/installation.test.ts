import t, { type Test } from 'tap'
import { readConfig } from '../../src/config/config.js'
import { openDatabase } from '../../src/database/database.js'
import { readInstallation } from '../../src/database/installation.js'
import { createDatabase } from '../support/databases/database.js'

t.test('a database has one name, and no other has it', async (t) => {
  const [one, other] = [await createDatabase(t), await createDatabase(t)]
  const names = await Promise.all([one, one, other].map(({ url }) => readName(t, url)))
  t.equal(names[0], names[1])
  t.not(names[0], names[2])
})

t.test('a role that may not read the system identifier has a name for it as well', async (t) => {
  const { url, query } = await createDatabase(t)
  const role = `reader_${process.pid}`
  await query(`create role ${role} login password 'reader'`)
  t.teardown(() => query(`drop role ${role}`))
  await query('revoke execute on function pg_control_system() from public')
  const address = new URL(url)
  Object.assign(address, { username: role, password: 'reader' })
  t.match(await readName(t, address.href), /^[\w-]{16}$/)
})

async function readName(t: Test, databaseUrl: string): Promise<string> {
  const { db, close } = openDatabase({ ...readConfig({}), databaseUrl })
  t.teardown(close)
  return readInstallation(db)
}
