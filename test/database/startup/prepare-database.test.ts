import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { prepareDatabase, type PrepareOptions } from '../../../src/database/startup/prepare-database.js'
import { StartupError } from '../../../src/errors/startup-error.js'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { runAsAdministrator } from '../../../harness/administrator.js'
import { createDatabase, createEmptyDatabase, lookInto } from '../../support/databases/database.js'
import { startNode } from '../../support/nodes/node.js'
import { startPooler } from '../../support/databases/pooler.js'
import { readServices } from '../../../harness/services.js'
import { until } from '../../../harness/until.js'

const { databaseUrl: administratorUrl } = readServices()
const randomName = () => `test_${randomBytes(6).toString('hex')}`

/** Prepares a database and returns the lines that were logged. */
async function prepare(databaseUrl: string, options: Partial<PrepareOptions> = {}): Promise<string[]> {
  const lines: string[] = []
  const limits = { databasePoolSize: 2, databaseAcquireTimeoutMs: 5000, databaseStatementTimeoutMs: 5000 }
  await prepareDatabase({ databaseUrl, databaseStartTimeoutMs: 0, ...limits, ...options }, (line) => lines.push(line))
  return lines
}

/** Expects the start to fail with a one-line message. */
async function refuses(t: Test, preparing: Promise<unknown>, expected: RegExp): Promise<void> {
  const error = await preparing.catch((error: unknown) => error)
  t.type(error, StartupError)
  const { message } = error as StartupError
  t.match(message, expected)
  t.notMatch(message, '\n')
}

function change(url: string, changes: Partial<URL>): string {
  return Object.assign(new URL(url), changes).href
}

async function createRole(t: Test, databaseUrl: string): Promise<{ name: string; url: string }> {
  const name = randomName()
  await runAsAdministrator(databaseUrl, `create role ${name} login password 'secret'`)
  t.teardown(async () => {
    await runAsAdministrator(databaseUrl, `drop owned by ${name}; drop role ${name}`)
  })
  return { name, url: change(databaseUrl, { username: name, password: 'secret' }) }
}

for (const encoding of ['LATIN1', 'SQL_ASCII']) {
  t.test(`a database encoded in ${encoding} is refused`, async (t) => {
    const name = randomName()
    const locale = `encoding '${encoding}' locale 'C' locale_provider libc template template0`
    await runAsAdministrator(administratorUrl, `create database ${name} ${locale}`)
    t.teardown(() => runAsAdministrator(administratorUrl, `drop database ${name} with (force)`))
    await refuses(t, prepare(change(administratorUrl, { pathname: name })), new RegExp(`encoding ${encoding}.*UTF8`))
  })
}

t.test('what waiting does not mend is told at once', async (t) => {
  const patient = { databaseStartTimeoutMs: 60_000 }
  const finals: [string, RegExp][] = [
    [change(administratorUrl, { pathname: 'nowhere' }), /^The database refuses: database "nowhere" does not exist$/],
    [
      change(administratorUrl, { username: 'stranger', password: 'wrong' }),
      /^The database refuses: password authentication failed/,
    ],
    [`${administratorUrl}?sslmode=verify-full`, /^The database refuses: The server does not support SSL.*sslmode/],
    [`${administratorUrl}?sslrootcert=/nowhere.pem`, /^DATABASE_URL cannot be used: ENOENT.*nowhere\.pem/],
    [`${administratorUrl}?options=-c%20search_path%3Dchat`, /search_path.*\?schema=/],
    [`${administratorUrl}?schema=`, /empty schema/],
  ]
  for (const [url, expected] of finals) await refuses(t, prepare(url, patient), expected)
})

t.test('a name that does not resolve is waited for, for a while', async (t) => {
  await refuses(
    t,
    prepare('postgresql://chat@nowhere.invalid/chat'),
    /^The database did not answer: .*nowhere\.invalid$/,
  )
})

t.test('no secret of a URL is told, however wrong it is', async (t) => {
  const urls = [
    'postgresql://chat:Secret/Pass#1@127.0.0.1:1/chat',
    'postgresql://chat:1234/Secret@127.0.0.1:1/chat',
    'postgresql://chat:Secret#Pass@127.0.0.1:1/chat',
    'postgresql://chat:Secret?Pass@127.0.0.1:1/chat',
    'postgresql://chat:Secret@Pass@127.0.0.1:1/chat',
    'postgresql://chat:Secret%E0%A4%A@127.0.0.1:1/chat',
    'postgresql://chat:Secret@127.0.0.1:port/chat',
    'postgresql://chat:Secret@127.0.0.1:1/chat',
  ]
  for (const url of urls) {
    const { message } = (await prepare(url).catch((error: unknown) => error)) as Error
    t.ok(message)
    t.notMatch(message, /Secret|Pass\b/, message)
  }
})

t.test('parameters of the URL that mean nothing here are named', async (t) => {
  const database = await createDatabase(t)
  const lines = await prepare(`${database.url}?connection_limit=5&pgbouncer=true&application_name=mine`)
  t.same(lines, ['DATABASE_URL has parameters that mean nothing here: connection_limit, pgbouncer'])
})

t.test('?schema= holds for migrations, raw statements and Prisma alike', async (t) => {
  const database = await createEmptyDatabase(t)
  const url = `${database.url}?schema=Chat%20room`
  await prepare(url)
  t.same(await prepare(url), [], 'and a second time')
  const tables = await database.query<{ schemaname: string }>(
    `select distinct schemaname from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  t.same(tables, [{ schemaname: 'Chat room' }])
  const inside = lookInto(t, `${database.url}?options=${encodeURIComponent('-c search_path="Chat\\ room"')}`)
  const store = await addStore(inside)
  const node = await startNode(t, { database: { ...inside, url } })
  t.equal((await node.get('/v1/chat/store/session/', store)).status, 200)
  t.equal(await node.app.db.prisma.store.count(), 1)
  t.equal((await node.get('/health/ready/')).status, 200)
})

/** The tables from which statements in the sources delete rows. */
async function findEmptiedTables(): Promise<string[]> {
  const names = (await readdir('src', { recursive: true })).filter((name) => name.endsWith('.ts'))
  const texts = await Promise.all(names.map((name) => readFile(join('src', name), 'utf8')))
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/delete from (\w+)/gi)].map(([, table = '']) => table)))]
}

t.test('a role without the right to create tables', async (t) => {
  await t.test('is refused while there are migrations to apply', async (t) => {
    const database = await createEmptyDatabase(t)
    const { name, url } = await createRole(t, database.url)
    const expected = new RegExp(`the role ${name} may not create tables in the schema public`)
    await refuses(t, prepare(url), expected)
    await refuses(t, prepare(`${url}?schema=chat`), /may not create tables in the schema chat/)
  })
  await t.test('serves a database that is migrated, when it has the rights of docs/operating.md', async (t) => {
    const database = await createDatabase(t)
    const { name, url } = await createRole(t, database.url)
    await refuses(t, prepare(url), /lacks a right: select on table/)
    await database.query(`grant select, insert, update, delete on all tables in schema public to ${name}`)
    await refuses(t, prepare(url), /lacks a right: usage on sequence/)
    await database.query(`grant usage on all sequences in schema public to ${name}`)
    for (const table of await findEmptiedTables()) {
      await database.query(`revoke delete on ${table} from ${name}`)
      await refuses(t, prepare(url), new RegExp(`lacks a right: delete on table ${table}$`))
      await database.query(`grant delete on ${table} to ${name}`)
    }
    t.same(await prepare(url), [])
    const node = await startNode(t, { database: { ...database, url } })
    t.equal((await node.get('/v1/chat/store/session/', await addStore(database))).status, 200)
  })
  await t.test('goes on with the version before while it has no rights on the tables of the next one', async (t) => {
    const database = await createDatabase(t)
    const { name, url } = await createRole(t, database.url)
    const [store, admin] = [await addStore(database), await addAdmin(database)]
    await database.query(`insert into chat_session (store_id) values (${store.id})`)
    await database.query(
      `insert into chat_session_details (session_id, tags, status) select id, '{a}', 'open' from chat_session`,
    )
    await database.query(`grant select, update, delete on chat_session, chat_message, open_session_count to ${name}`)
    const client = new pg.Client(url)
    await client.connect()
    t.teardown(() => client.end())
    // What a temporary table hides from a function would be lost.
    await client.query('create temporary table chat_session_details (session_id bigint, status text, holder_id bigint)')
    await client.query(`update chat_session set status = 'claimed', admin_id = ${admin.id}`)
    await client.query('delete from chat_message')
    t.same(await database.query('select tag, status, holder_id::int from chat_session_tag'), [
      { tag: 'a', status: 'claimed', holder_id: admin.id },
    ])
  })
  await t.test('is served by MIGRATION_DATABASE_URL', async (t) => {
    const database = await createEmptyDatabase(t)
    const { name, url } = await createRole(t, database.url)
    await database.query(
      `alter default privileges grant select, insert, update, delete on tables to ${name};
       alter default privileges grant usage on sequences to ${name}`,
    )
    t.same(await prepare(url, { migrationDatabaseUrl: database.url }), [])
    await database.query('drop schema public cascade; create schema public')
    const other = await createEmptyDatabase(t)
    await refuses(t, prepare(database.url, { migrationDatabaseUrl: other.url }), /names another database/)
    const elsewhere = prepare(database.url, { migrationDatabaseUrl: `${database.url}?schema=chat` })
    await refuses(t, elsewhere, /different schemas/)
  })
})

t.test('a database that is read-only is waited for', async (t) => {
  const database = await createDatabase(t)
  const name = new URL(database.url).pathname.slice(1)
  await database.query(`alter database ${name} set default_transaction_read_only = on`)
  await refuses(t, prepare(database.url), /^The database did not answer: it is read-only$/)
  const lines: string[] = []
  const limits = { databasePoolSize: 2, databaseAcquireTimeoutMs: 5000, databaseStatementTimeoutMs: 5000 }
  const options = { databaseUrl: database.url, databaseStartTimeoutMs: 60_000, ...limits }
  const preparing = prepareDatabase(options, (line) => lines.push(line))
  await until(() => lines.length > 0, 10_000)
  await runAsAdministrator(administratorUrl, `alter database ${name} reset default_transaction_read_only`)
  await preparing
  t.match(lines[0], /trying again: it is read-only/)
})

t.test('a database whose triggers do not fire is refused', async (t) => {
  const database = await createDatabase(t)
  const name = new URL(database.url).pathname.slice(1)
  await database.query(`alter database ${name} set session_replication_role = replica`)
  await refuses(t, prepare(database.url), /session_replication_role is replica/)
})

t.test('behind a pooler one line says what to set', async (t) => {
  const database = await createDatabase(t)
  const [session, transaction] = [await startPooler(t, 'session'), await startPooler(t, 'transaction', false)]
  if (session === undefined || transaction === undefined) return
  await refuses(t, prepare(session.through(database.url)), /set DATABASE_POOLER to session or transaction/)
  const url = transaction.through(database.url)
  await refuses(t, prepare(url, { databasePooler: 'session' }), /Set DATABASE_POOLER to transaction/)
  await refuses(
    t,
    prepare(url, { databasePooler: 'transaction' }),
    /alter role "postgres" set statement_timeout = '5000'/,
  )

  const empty = await createEmptyDatabase(t)
  const ready = await startPooler(t, 'transaction')
  if (ready === undefined) return
  const throughPooler = ready.through(empty.url)
  await refuses(t, prepare(throughPooler, { databasePooler: 'transaction' }), /Set MIGRATION_DATABASE_URL/)
  await prepare(throughPooler, { databasePooler: 'transaction', migrationDatabaseUrl: empty.url })
  t.same(await prepare(throughPooler, { databasePooler: 'transaction' }), [])
  t.match(await prepare(throughPooler, { databasePooler: 'transaction', databaseStatementTimeoutMs: 4000 }), [
    /^Behind the pooler statement_timeout is \d+ ms and idle_.* DATABASE_STATEMENT_TIMEOUT_MS \(4000\)\.$/,
  ])
  t.same(await prepare(session.through(empty.url), { databasePooler: 'session' }), [])
})
