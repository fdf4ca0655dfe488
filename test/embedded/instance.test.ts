import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openCluster } from '../../src/embedded/cluster.js'
import { createToken } from '../../src/accounts/tokens.js'
import { createHttpClient } from '../support/clients/client.js'
import { runProgram, startEmbeddedServer, type ProgramProcess } from '../support/nodes/server-process.js'
import { createTempFolder } from '../support/temp-folder.js'
import { patience, until } from '../../harness/until.js'

const path = '/v1/chat/store/session/'
const dataFolder = await createTempFolder(t)

t.test('no configuration: from nothing to a cURL line that works when pasted', async (t) => {
  const server = startEmbeddedServer(t, dataFolder)
  const { origin } = await server.ready()
  const { token, url } = await readCurl(server)
  t.equal(url, `${origin}${path}`)
  const created = await ask(url, token)
  t.match(created, { status: 200, body: { status: 'open' } })

  await t.test('a second instance on the same folder is refused in one clear line', async (t) => {
    const second = runProgram(t, 'server.js', { DATA_DIR: dataFolder, PORT: '0' })
    t.same(await second.exit(), { code: 1, signal: null })
    t.match(second.output().err, /^Another instance is running on the data folder .*\n$/)
    t.equal((await ask(url, token)).status, 200, 'and the first goes on')
  })

  await t.test('accounts are managed beside it', async (t) => {
    const added = await run(t, 'store', 'create', '--name', 'Tech Store', '--id', '5', '--email', 'a@example.com')
    t.match(added, { store: { id: 5, name: 'Tech Store', email: 'a@example.com' }, token: String, token_id: Number })
    t.match(await ask(url, String(added['token'])), { status: 200, body: { store_id: 5 } })
    await run(t, 'token', 'revoke', String(added['token_id']))
    const revokedAt = Date.now()
    await until(async () => (await ask(url, String(added['token']))).status === 401, 5000)
    t.ok(Date.now() - revokedAt < 1000 * patience)
  })

  server.kill('SIGKILL')
  await server.exit()
  await t.test('killed and started again it finds its data, and the same token works', async (t) => {
    const again = startEmbeddedServer(t, dataFolder)
    await again.ready()
    const { token: sameToken, url } = await readCurl(again)
    t.equal(sameToken, token)
    t.same((await ask(url, token)).body, created.body)
    again.kill('SIGINT')
    t.same(await again.exit(), { code: 0, signal: null })
    t.equal(await (await openCluster(dataFolder)).url(), undefined, 'Ctrl-C stops its PostgreSQL as well')
  })

  await t.test('accounts are managed without it, and nothing is left running', async (t) => {
    const { tokens } = await run(t, 'token', 'list', '--store', '5')
    t.match(tokens, [{ store_id: 5, revoked_at: String }])
    t.equal(await (await openCluster(dataFolder)).url(), undefined)
  })

  await t.test('SIGTERM loses nothing either', async (t) => {
    const again = startEmbeddedServer(t, dataFolder)
    await again.ready()
    const { url } = await readCurl(again)
    t.same((await ask(url, token)).body, created.body)
    again.kill('SIGTERM')
    t.same(await again.exit(), { code: 0, signal: null })
  })

  await t.test('what it prints works, whatever became of the demo’s tokens', async (t) => {
    await run(t, 'account', 'sign-out', '--store', '1')
    await run(t, 'account', 'update', '--admin', '1', '--active', 'false')
    const again = startEmbeddedServer(t, dataFolder)
    await again.ready()
    const { token: newToken, url } = await readCurl(again)
    t.not(newToken, token)
    t.same((await ask(url, newToken)).body, created.body)
    t.notMatch(again.output().out, 'the demo admin answers', 'who is switched off stays so')
    const [supervisorToken = ''] = /^ {2}sct_\S+$/m.exec(again.output().out) ?? []
    t.equal((await ask(url.replace('store/session', 'me'), supervisorToken.trim())).body['role'], 'supervisor')
    again.kill('SIGTERM')
    await again.exit()
  })

  await t.test('with tokens of another database it prints none', async (t) => {
    const file = join(dataFolder, 'demo.json')
    for (const content of [JSON.stringify({ storeToken: createToken(), adminToken: createToken() }), '{"storeTo']) {
      await writeFile(file, content)
      const again = startEmbeddedServer(t, dataFolder)
      await again.ready()
      await until(() => again.output().out.includes('store-chat listens on'), 5000)
      t.notMatch(again.output().out, /curl|sct_/)
      again.kill('SIGTERM')
      t.same(await again.exit(), { code: 0, signal: null })
    }
  })
})

t.test('instances that start at once on a new folder: one comes up, the other says why not', async (t) => {
  const folder = await createTempFolder(t)
  const servers = Array.from({ length: 2 }, () => startEmbeddedServer(t, folder))
  const winner = await Promise.any(servers.map(async (server) => server.ready().then(() => server)))
  for (const server of servers.filter((server) => server !== winner)) {
    t.same(await server.exit(), { code: 1, signal: null })
    t.match(
      server.output().err,
      /^(Another instance is running on the data folder|The embedded PostgreSQL did not start).*\n$/,
    )
  }
  const { token, url } = await readCurl(winner)
  t.equal((await ask(url, token)).status, 200)
})

t.test('there is no demo where there are accounts already', async (t) => {
  const folder = await createTempFolder(t)
  const added = runProgram(t, 'cli/account.js', { DATA_DIR: folder }, ['admin', 'create', '--name', 'Ann'])
  t.equal((await added.exit()).code, 0)
  const server = startEmbeddedServer(t, folder)
  await server.ready()
  await until(() => server.output().out.includes('store-chat listens on'), 5000)
  t.notMatch(server.output().out, 'curl')
})

t.test('a data folder that is a file is refused in one clear line', async (t) => {
  const file = join(await createTempFolder(t), 'file')
  await writeFile(file, '')
  const server = runProgram(t, 'server.js', { DATA_DIR: file })
  t.same(await server.exit(), { code: 1, signal: null })
  t.match(server.output().err, /^The data folder .*file cannot be written \(E[A-Z]+\)\. .*\n$/)
})

/** The token and the URL of the printed line, as a shell parses it. */
async function readCurl(server: ProgramProcess) {
  const line = /^ {2}curl -H 'Authorization: Token (\S+)' (\S+)$/m
  const [, token = '', url = ''] = await until(() => line.exec(server.output().out), 5000, 'a cURL line')
  return { token, url }
}

async function ask(url: string, token: string) {
  const client = createHttpClient(url)
  return client.get(url, { token }).finally(() => client.close())
}

async function run(t: Test, ...words: string[]): Promise<Record<string, unknown>> {
  const command = runProgram(t, 'cli/account.js', { DATA_DIR: dataFolder }, words)
  t.same(await command.exit(), { code: 0, signal: null }, command.output().err)
  return JSON.parse(command.output().out) as Record<string, unknown>
}
