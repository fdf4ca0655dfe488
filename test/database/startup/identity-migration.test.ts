import { createHash } from 'node:crypto'
import { Client } from 'pg'
import t from 'tap'
import { describeMigrationTarget, migrateDatabase, readMigrations } from '../../../src/database/startup/migrate.js'
import { withSchemaEngine } from '../../../src/database/startup/schema-engine.js'
import { createEmptyDatabase, type TestDatabase } from '../../support/databases/database.js'
import { startNode } from '../../support/nodes/node.js'
import { until } from '../../../harness/until.js'

const IDENTITY = '20261125110000_identity'
const token = 'a-token-of-before'

/** Applies the migrations whose names meet a condition. */
async function apply({ url }: TestDatabase, isWanted: (name: string) => boolean): Promise<string[]> {
  const all = await readMigrations()
  const migrationDirectories = all.migrationDirectories.filter(({ path }) => isWanted(path))
  return withSchemaEngine(describeMigrationTarget(url), async (engine) => {
    const filters = { externalTables: [], externalEnums: [] }
    const migrationsList = { ...all, migrationDirectories }
    return (await engine.applyMigrations({ migrationsList, filters })).appliedMigrationNames
  })
}

t.test('an installation of before gets roles and switches in place, while others read and write', async (t) => {
  const database = await createEmptyDatabase(t)
  await apply(database, (name) => name < IDENTITY)
  await database.query(`insert into store (id, name) values (5, 'Tech Store')`)
  await database.query(`insert into admin (id, name) values (7, 'Ann')`)
  await database.query('insert into access_token (hash, admin_id) values ($1, 7)', [
    createHash('sha256').update(token).digest(),
  ])
  const reader = new Client(database.url)
  await reader.connect()
  t.teardown(() => reader.end())
  await reader.query('begin')
  await reader.query('select from store')

  let isDone = false
  const migrating = apply(database, (name) => name <= IDENTITY).finally(() => (isDone = true))
  const isAsked = `select from pg_locks where not granted and mode = 'AccessExclusiveLock'`
  await until(async () => (await database.query(isAsked)).length > 0, 10_000, 'the lock is asked for')
  // A migration that waits for its lock would block these until the reader ends.
  await database.query(`insert into store (id, name) values (6, 'Meanwhile')`)
  t.same(await database.query('select name from admin'), [{ name: 'Ann' }])
  t.notOk(isDone, 'the reader is still there')
  await reader.query('commit')
  t.same(await migrating, [IDENTITY])

  // As nodes of the previous version write them.
  await database.query(`insert into admin (id, name, notifications_read_up_to) values (8, 'Bea', 0)`)
  t.same(
    await database.query(
      'select active, signed_out_at, access_changed_at, profile_at from store union all select active, signed_out_at, access_changed_at, profile_at from admin',
    ),
    [5, 6, 7, 8].map(() => ({ active: true, signed_out_at: null, access_changed_at: null, profile_at: null })),
  )
  await migrateDatabase(database.url)
  const node = await startNode(t, { database })
  t.match((await node.get('/v1/chat/me/', { token })).body, { side: 'admin', id: 7, name: 'Ann', role: 'agent' })
})
