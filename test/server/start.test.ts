import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase, createEmptyDatabase } from '../support/databases/database.js'
import { startOwnPostgres } from '../support/databases/own-postgres.js'
import { startServer } from '../support/nodes/server-process.js'
import { createTempFolder } from '../support/temp-folder.js'
import { until } from '../../harness/until.js'

t.test('several nodes start at once on an empty database: one migrates, all come up', async (t) => {
  const database = await createEmptyDatabase(t)
  const servers = Array.from({ length: 3 }, () => startServer(t, { DATABASE_URL: database.url }))
  const clients = await Promise.all(servers.map((server) => server.ready()))
  for (const client of clients) t.equal((await client.get('/health/ready/')).status, 200)
  const applied = await database.query('select migration_name, count(*)::int from _prisma_migrations group by 1')
  t.ok(applied.length > 0)
  t.ok(
    applied.every(({ count }) => count === 1),
    'each migration once',
  )
  const store = await addStore(database)
  const ids = await Promise.all(
    clients.map(async (client) => (await client.get('/v1/chat/store/session/', store)).body.id),
  )
  t.equal(new Set(ids).size, 1)
})

t.test('a database that is not there yet is waited for, and nothing in it changes', async (t) => {
  const database = await startOwnPostgres(t)
  const migrations = await database.query('select * from _prisma_migrations')
  t.ok(migrations.length > 0)
  await database.stop()
  const server = startServer(t, { DATABASE_URL: database.url })
  await until(() => server.output().err.includes('The database is not there yet, trying again'), 20_000)
  await database.start()
  const client = await server.ready()
  t.equal((await client.get('/health/ready/')).status, 200)
  t.same(await database.query('select * from _prisma_migrations'), migrations)
  t.same(await database.query('select id from store'), [], 'there is no demo in a database that is somebody’s own')
})

t.test('what keeps it from starting is told in one clear line', async (t) => {
  const database = await createDatabase(t)
  const withoutCluster = await createTempFolder(t)
  await mkdir(join(withoutCluster, 'postgres', 'something'), { recursive: true })
  const withoutSettings = await createTempFolder(t)
  await mkdir(join(withoutSettings, 'postgres'))
  await writeFile(join(withoutSettings, 'postgres', 'PG_VERSION'), '18\n')
  const stranger = new URL(database.url)
  Object.assign(stranger, { username: 'stranger', password: 'wrong' })
  const refused: [Record<string, string>, RegExp][] = [
    [{ PORT: 'abc', REDIS_URL: 'http://x' }, /^PORT must be integer\nREDIS_URL must match pattern.*\n$/],
    [{ DATABASE_URL: stranger.href }, /^The database refuses: password authentication failed.*\n$/],
    [
      { DATABASE_URL: 'postgresql://127.0.0.1:1/x', DATABASE_START_TIMEOUT_MS: '0' },
      /^The database did not answer: .*\n$/,
    ],
    [{ DATABASE_URL: database.url, SEARCH_LANGUAGE: 'klingon' }, /^SEARCH_LANGUAGE names no .*: klingon\n$/],
    // Root may write everywhere, but not below a file.
    [
      { DATABASE_URL: database.url, FILES_DIR: `${process.cwd()}/package.json` },
      /^The folder .* cannot be written \(EEXIST\)\. Set FILES_DIR to one that can\.\n$/,
    ],
    // In a folder of the kernel, making one says that there is no parent, which is there.
    [
      { DATABASE_URL: database.url, FILES_DIR: '/proc/x/y' },
      /^The folder \/proc\/x\/y cannot be written \(E[A-Z]+\)\..*\n$/,
    ],
    [{ DATA_DIR: '/proc/x' }, /^The data folder \/proc\/x cannot be written \(E[A-Z]+\)\..*\n$/],
    [{ DATA_DIR: withoutCluster }, /^The folder .*\/postgres is no PostgreSQL cluster.* DATA_DIR .*\n$/],
    [{ DATA_DIR: `${process.cwd()}/package.json/data` }, /^The data folder .* cannot be written \(ENOTDIR\)\..*\n$/],
    [
      { DATA_DIR: withoutSettings },
      /^The embedded PostgreSQL did not start: could not access the server configuration file .*\n$/,
    ],
  ]
  await Promise.all(refused.map(([environment, expected]) => refuses(t, environment, expected)))
})

t.test('where it cannot listen it says so in one clear line', async (t) => {
  const database = await createDatabase(t)
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const DATABASE_URL = database.url
  await refuses(
    t,
    { DATABASE_URL, PORT: String(port) },
    /^Port \d+ on 127\.0\.0\.1 is in use\. Set PORT to a free one\.\n$/,
  )
  await refuses(
    t,
    { DATABASE_URL, METRICS_PORT: String(port) },
    /^Port \d+ on 127\.0\.0\.1 is in use\. Set METRICS_PORT to a free one\.\n$/,
  )
  await refuses(
    t,
    { DATABASE_URL, HOST: '192.0.2.1' },
    /^Cannot listen on 192\.0\.2\.1:0: .* Look at HOST and PORT\.\n$/,
  )
  await refuses(
    t,
    { DATABASE_URL, METRICS_PORT: '0', METRICS_HOST: '192.0.2.1' },
    /^The metrics cannot listen on .*\n$/,
  )
})

t.test('a database that stays away is waited for until the time is over', async (t) => {
  const startedAt = Date.now()
  const server = startServer(t, { DATABASE_URL: 'postgresql://127.0.0.1:1/x', DATABASE_START_TIMEOUT_MS: '1500' })
  t.equal((await server.exit()).code, 1)
  t.ok(Date.now() - startedAt >= 1500)
  t.match(
    server.output().err,
    /^(The database is not there yet, trying again: .*\n){2}The database did not answer: .*\n$/,
  )
})

async function refuses(t: Test, environment: Record<string, string>, expected: RegExp): Promise<void> {
  const server = startServer(t, environment)
  t.same(await server.exit(), { code: 1, signal: null })
  t.match(server.output().err, expected)
  t.equal(server.output().out, '')
}
