import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findProgram } from '../../harness/find-program.js'
import { findFreePort } from '../../harness/free-port.js'
import { SECRET } from '../support/platform/jwt.js'
import { startNode } from '../support/nodes/node.js'
import { until } from '../../harness/until.js'

const document = await readFile('docs/platform.md', 'utf8')
const node = await startNode(t, {
  config: { jwt: { algorithms: ['HS256'], secrets: [SECRET], audience: 'chat' } },
})
const python = await findProgram('python3')

/** The first program of a language in the document that shows the widget. */
function findShop(language: string): string {
  const blocks = [...document.matchAll(/^```(\w+)\n(.*?)^```/gms)]
  const [, , program] = blocks.find(([, of, text]) => of === language && text?.includes('widget.js')) ?? []
  if (program === undefined) throw new Error(`There is no shop in ${language}`)
  return program
}

/** Runs a shop, visits it, and returns the token that its page hands to the widget. */
async function visitShop(t: Test, command: string, file: string): Promise<string> {
  const port = await findFreePort()
  const { PATH = '' } = process.env
  const child = spawn(command, [file], {
    env: { PATH, PORT: String(port), CHAT_URL: node.origin, JWT_SECRET: SECRET },
    stdio: 'ignore',
  })
  t.teardown(() => child.kill('SIGKILL'))
  const page = await until(async () => (await fetch(`http://127.0.0.1:${port}/`)).text(), 20_000, 'the shop answers')
  t.ok(page.includes(`${node.origin}/widget.js`))
  return /data-token="([^"]+)"/.exec(page)?.[1] ?? ''
}

t.test('the shop in Node signs its store in', async (t) => {
  // Next to the packages that it imports.
  const file = join('.tap', 'shop-of-the-documentation.mjs')
  await writeFile(file, findShop('js'))
  const token = await visitShop(t, process.execPath, file)
  t.match((await node.get('/v1/chat/me/', { token })).body, { side: 'store', id: 5, name: 'Tech Store' })
})

t.test('the shop in Python signs its store in', { skip: python === undefined && 'there is no python3' }, async (t) => {
  const file = join(t.testdir({ 'shop.py': findShop('python') }), 'shop.py')
  const token = await visitShop(t, python ?? '', file)
  t.match((await node.get('/v1/chat/store/session/', { token })).body, { store_id: 5, status: 'open' })
  t.match(await node.database.query('select email from store where id = 5'), [{ email: 'hello@example.com' }])
})
