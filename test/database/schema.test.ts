import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { describeMigrationTarget, readMigrations } from '../../src/database/startup/migrate.js'
import { withSchemaEngine } from '../../src/database/startup/schema-engine.js'
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../support/databases/database.js'

const migrated = await createDatabase(t)
const schema = await readFile('prisma/schema.prisma', 'utf8')
const filters = { externalTables: [], externalEnums: [] }

t.test('schema.prisma and the migrations make one and the same database', async (t) => {
  const [fromSchema, fromMigrations] = [await describeSchema(t, schema), await describe(migrated)]
  t.ok(fromMigrations.length > 80, `${fromMigrations.length} things are compared`)
  t.same(fromSchema, fromMigrations)
})

t.test('a difference would be seen', async (t) => {
  const expected = await describe(migrated)
  const changes: [string, string][] = [
    ['@@unique([storeId], map: "chat_session_one_active", where: raw("status <> \'closed\'"))', ''],
    ['where: raw("status = \'claimed\'")', 'where: raw("status = \'open\'")'],
    ['@@index([adminId], map: "access_token_admin")', ''],
    ['email    String        @default("")', 'email String'],
    ['senderId        BigInt ', 'senderId Int'],
    ['onDelete: Restrict', 'onDelete: Cascade'],
  ]
  for (const [from, to] of changes) {
    t.ok(schema.includes(from), from)
    t.notSame(await describeSchema(t, schema.replace(from, to)), expected, from)
  }
})

t.test("the history is Prisma's, so that its own tools go on from here", async (t) => {
  const rows = await migrated.query(
    `select migration_name, checksum, finished_at is not null as finished, rolled_back_at, applied_steps_count
     from _prisma_migrations order by migration_name`,
  )
  const migrationsList = await readMigrations()
  const { migrationDirectories } = migrationsList
  t.ok(migrationDirectories.length > 0)
  const expected = migrationDirectories.map(({ path, migrationFile: { content } }) => ({
    migration_name: path,
    checksum: content.tag === 'ok' && createHash('sha256').update(content.value).digest('hex'),
    finished: true,
    rolled_back_at: null,
    applied_steps_count: 1,
  }))
  t.same(rows, expected)
  const diagnosis = await withSchemaEngine(describeMigrationTarget(migrated.url), (engine) =>
    engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
  )
  t.match(diagnosis, { history: null, failedMigrationNames: [], editedMigrationNames: [], hasMigrationsTable: true })
})

/** What Prisma would make of a schema, in a database of its own. */
async function describeSchema(t: Test, content: string): Promise<string[]> {
  const database = await createEmptyDatabase(t)
  const { stdout } = await withSchemaEngine(describeMigrationTarget(database.url), (engine) =>
    engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] },
      script: true,
      exitCode: null,
      filters,
    }),
  )
  await database.query(stdout ?? '')
  return describe(database)
}

/** Everything of a database that a Prisma schema can say, line by line. CHECKs, triggers, functions, indexes of expressions and those of an optional extension it cannot. */
async function describe(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ line: string }>(`
    with tables as (
      select oid, relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> '_prisma_migrations'
    )
    select format('%s.%s %s %s %s', relname, attname, format_type(atttypid, atttypmod),
      case when attnotnull then 'not null' end, pg_get_expr(adbin, adrelid)) as line
    from tables join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    union all
    select pg_get_indexdef(indexrelid) from tables join pg_index on indrelid = tables.oid and indexprs is null
    where pg_get_indexdef(indexrelid) not like '%gin_trgm_ops%'
    union all
    select format('%s %s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
    from tables join pg_constraint on conrelid = tables.oid and contype in ('p', 'f', 'u')
    union all
    select format('%s: %s', typname, string_agg(enumlabel, ', ' order by enumsortorder))
    from pg_type join pg_enum on enumtypid = pg_type.oid group by typname
    order by line`)
  return rows.map(({ line }) => line)
}
