import t, { type Test } from 'tap'
import { Client } from 'pg'
import { MIGRATION_LOCK, migrateDatabase, readMigrations } from '../../../src/database/startup/migrate.js'
import { createDatabase, createEmptyDatabase } from '../../support/databases/database.js'
import { until } from '../../../harness/until.js'

t.test('an empty database gets every migration, in order, and a migrated one none', async (t) => {
  const database = await createEmptyDatabase(t)
  const { migrationDirectories } = await readMigrations()
  t.same(
    await migrateDatabase(database.url),
    migrationDirectories.map(({ path }) => path),
  )
  t.same(await migrateDatabase(database.url), [])
})

t.test('a node waits for as long as another one migrates, and says so', async (t) => {
  const database = await createEmptyDatabase(t)
  const release = await holdMigrationLock(t, database.url)
  let [isDone, isTold] = [false, false]
  const migrating = migrateDatabase(database.url, { onWait: () => (isTold = true) }).finally(() => (isDone = true))
  const waiting = `select from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`
  await until(async () => isDone || (await database.query(waiting)).length > 0, 10_000)
  t.notOk(isDone, 'it waits')
  t.ok(isTold)
  await release()
  t.ok((await migrating).length > 0)
})

t.test('it does not wait for ever', async (t) => {
  const database = await createEmptyDatabase(t)
  await holdMigrationLock(t, database.url)
  await t.rejects(migrateDatabase(database.url, { timeoutMs: 100 }), /Another node still migrates the database/)
})

t.test('where nothing is to be applied nobody is waited for', async (t) => {
  const database = await createDatabase(t)
  await holdMigrationLock(t, database.url)
  t.same(await migrateDatabase(database.url), [])
})

async function holdMigrationLock(t: Test, url: string): Promise<() => Promise<void>> {
  const other = new Client(url)
  other.on('error', () => undefined)
  await other.connect()
  t.teardown(() => other.end())
  await other.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
  return async () => {
    await other.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK])
  }
}

t.test("somebody else's database is left alone", async (t) => {
  const database = await createEmptyDatabase(t)
  await database.query('create table other (id int)')
  await t.rejects(migrateDatabase(database.url), { message: /schema is not empty/ })
  const tables = await database.query(`select tablename from pg_tables where schemaname = 'public'`)
  t.same(tables, [{ tablename: 'other' }])
})

t.test('of a migration that fails halfway nothing stays but the note that it failed', async (t) => {
  const database = await createEmptyDatabase(t)
  await database.query(`create type side as enum ('left', 'right')`)
  await t.rejects(migrateDatabase(database.url))
  const tables = await database.query(`select tablename from pg_tables where schemaname = 'public'`)
  t.same(tables, [{ tablename: '_prisma_migrations' }])
  t.same(await database.query(`select typname from pg_type where typname = 'session_status'`), [])
})
