import t, { type Test } from 'tap'
import { createEmptyDatabase } from '../support/databases/database.js'
import { explain, runCommand } from '../../src/cli/commands.js'
import { startNode } from '../support/nodes/node.js'
import { runProgram } from '../support/nodes/server-process.js'
import { until } from '../../harness/until.js'

const database = await createEmptyDatabase(t)
/** Nothing that it has opened keeps it once it is done. */
const END_DEADLINE_MS = 5000
const ask = async (t: Test, token: unknown) => {
  const node = await startNode(t, { database })
  return node.get('/v1/chat/store/session/', { token: String(token) })
}

t.test('a store gets its first token when it is created, in a database that has no tables yet', async (t) => {
  const created = await runProcess(
    t,
    'store',
    'create',
    '--name',
    'Tech Store',
    '--logo-url',
    'https://a.example/l.png',
  )
  t.match(created, { store: { id: 1, name: 'Tech Store', logo_url: 'https://a.example/l.png', email: '' } })
  t.match((await ask(t, created['token'])).body, { store_id: 1 })
})

t.test('an email that is no address is stored, with a warning', async (t) => {
  const warnings = t.capture(console, 'error')
  t.match(await run('store', 'create', '--name', 'S', '--email', 'nobody'), { store: { email: 'nobody' } })
  t.same(
    warnings().map(({ args }) => args),
    [['email: is not an e-mail address, so the store gets no mail']],
  )
  await run('store', 'create', '--name', 'S', '--email', 'a@example.com')
  t.same(warnings(), [])
})

t.test('an id is chosen where none is given, and taken where one is', async (t) => {
  t.match(await run('admin', 'create', '--name', 'Ann', '--id', '7'), { admin: { id: 7, name: 'Ann' } })
  t.match(await run('admin', 'create', '--name', 'Bea'), { admin: { id: 8 } })
  t.match(await refuseProcess(t, 'admin', 'create', '--name', 'Cem', '--id', '7'), /^The admin 7 exists already\n$/)
})

t.test('tokens are issued, listed and revoked', async (t) => {
  await run('store', 'create', '--name', 'S', '--id', '5')
  const issued = await run('token', 'issue', '--store', '5', '--expires', '30d')
  t.match(issued, { store_id: 5, admin_id: null, expires_at: String, token: /^sct_/ })
  t.equal((await ask(t, issued['token'])).status, 200)
  const { tokens } = await run('token', 'list', '--store', '5')
  t.equal((tokens as object[]).length, 2)
  t.notMatch(JSON.stringify(tokens), String(issued['token']))
  t.match(await run('token', 'revoke', String(issued['id'])), { id: issued['id'], revoked_at: String })
  t.equal((await ask(t, issued['token'])).status, 401)
})

t.test('accounts are given a role, switched off and on, and signed out', async (t) => {
  const created = await run('admin', 'create', '--name', 'Sue', '--id', '20', '--role', 'supervisor')
  t.match(created, { admin: { id: 20, name: 'Sue', role: 'supervisor', active: true } })
  t.match(await run('account', 'update', '--admin', '20', '--role', 'agent', '--active', 'false'), {
    admin: { id: 20, name: 'Sue', role: 'agent', active: false },
  })
  t.match(await refuse(t, 'token', 'issue', '--admin', '20'), /^The admin 20 is switched off\n$/)
  t.match(await run('account', 'update', '--admin', '20', '--active', 'true'), { admin: { active: true } })
  await run('store', 'create', '--name', 'S', '--id', '21')
  const issued = await run('token', 'issue', '--store', '21')
  t.same(await runProcess(t, 'account', 'sign-out', '--store', '21'), { store: 21, signed_out: true })
  t.equal((await ask(t, issued['token'])).status, 401)
})

t.test('it prints its usage when it is asked for help', async (t) => {
  for (const words of [['--help'], ['-h'], ['store', 'create', '--help']]) {
    const help = runProgram(t, 'cli/account.js', { DATABASE_URL: 'postgresql://127.0.0.1:1/none' }, words)
    t.same(await help.exit(), { code: 0, signal: null })
    t.match(help.output(), { out: /^Usage: .*\n {2}store create /, err: '' })
  }
})

t.test('what it cannot do it says in words, with exit code 1', async (t) => {
  const refused: [string[], RegExp][] = [
    [[], /^Usage: /],
    [['store', 'create'], /^name: must have required property 'name'\nUsage: /],
    [['store', 'create', '--name', 'S', '--id', 'abc'], /^id: must be integer\n/],
    [['store', 'create', '--name', 'S', '--store', '5'], /^store create does not take store\n/],
    [['store', 'create', '--nonsense'], /^Unknown option '--nonsense'.*\nUsage: /],
    [['account', 'update', '--role', 'owner', '--admin', '7'], /^role: must be one of agent, supervisor\n/],
    [['account', 'update', '--active', 'no', '--admin', '7'], /^active: must be boolean\n/],
    [['account', 'update', '--role', 'agent', '--store', '1'], /^A store has no role\n$/],
    [['account', 'sign-out', '--admin', '404'], /^There is no admin 404\n$/],
    [['token', 'issue'], /^token issue needs --store or --admin, and only one of them\n/],
    [['token', 'issue', '--store', '404'], /^There is no store 404\n$/],
  ]
  await Promise.all(
    refused.map(async ([words, expected]) => t.match(await refuse(t, ...words), expected, words.join(' '))),
  )
})

/** Runs a command as a user does, in a process of its own. */
async function runProcess(t: Test, ...words: string[]): Promise<Record<string, unknown>> {
  const command = runProgram(t, 'cli/account.js', { DATABASE_URL: database.url }, words)
  await until(() => command.output().out.endsWith('\n') || command.output().err !== '', 60_000)
  t.same(await command.exit(END_DEADLINE_MS), { code: 0, signal: null }, command.output().err)
  const { out } = command.output()
  t.equal(out.trim().split('\n').length, 1, 'one line, which is one JSON object')
  return JSON.parse(out) as Record<string, unknown>
}

async function refuseProcess(t: Test, ...words: string[]): Promise<string> {
  const command = runProgram(t, 'cli/account.js', { DATABASE_URL: database.url }, words)
  t.same(await command.exit(), { code: 1, signal: null })
  t.equal(command.output().out, '')
  return command.output().err
}

/** Runs a command in this process: a process of its own takes a second of CPU time. */
async function run(...words: string[]): Promise<Record<string, unknown>> {
  const printed: object[] = []
  await runCommand(words, { DATABASE_URL: database.url }, (result) => printed.push(result))
  if (printed.length !== 1) throw new Error(`${words.join(' ')} has printed ${printed.length} results`)
  return JSON.parse(JSON.stringify(printed[0])) as Record<string, unknown>
}

async function refuse(t: Test, ...words: string[]): Promise<string> {
  const printed: object[] = []
  const outcome = await runCommand(words, { DATABASE_URL: database.url }, (result) => printed.push(result)).then(
    () => 'it was not refused',
    explain,
  )
  t.same(printed, [])
  return `${outcome}\n`
}
