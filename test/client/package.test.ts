import { readdir, readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { connectStore } from 'store-chat/client'
import { WebSocket } from 'ws'
import { addStore } from '../support/accounts.js'
import { startNode } from '../support/node.js'

const folder = pathToFileURL('dist/')

t.test('what the package exports as its client connects, sends and reads', async (t) => {
  const node = await startNode(t)
  const { token } = await addStore(node.database)
  const chat = connectStore({ origin: node.origin, token, WebSocket })
  t.teardown(() => chat.close())
  const heard: string[] = []
  chat.on('message', ({ sender_type, content }) => heard.push(`${sender_type} ${content}`))
  const { messages } = await chat.session()
  t.same(messages, [])
  await chat.send({ content: 'My order has not arrived' })
  chat.read()
  t.same(heard, ['store My order has not arrived'])
})

t.test('neither its code nor its types need another package', async (t) => {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /^client\/.*\.(js|d\.ts)$/.test(name))
  t.ok(names.includes('client/index.js') && names.includes('client/index.d.ts'))
  for (const name of names) {
    const text = await readFile(new URL(name, folder), 'utf8')
    const imports = [...text.matchAll(/(?:from\s*|import\s*\(?\s*)["']([^"']+)["']/g)].map(([, from]) => from)
    t.same(
      imports.filter((from) => from?.startsWith('.') !== true),
      [],
      name,
    )
  }
})
