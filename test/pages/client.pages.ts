import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { until } from '../../harness/until.js'
import { setStage } from './support/stage.js'

const stage = await setStage(t, { config: { corsOrigins: ['*'] } })
const documentation = await readFile('docs/client.md', 'utf8')

/** The first example in a language that contains a word, with the URL of this test's service. */
function findExample(language: string, word: string): string {
  const examples = [...documentation.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const [, , text] = examples.find(([, name, text]) => name === language && text?.includes(word)) ?? []
  if (text === undefined) throw new Error(`There is no example of ${word}`)
  return text.replaceAll('https://chat.example.com', stage.node.origin)
}

/** An application on another origin, with the token of its user. */
async function startApplication(t: Test, html: string, readToken: () => string): Promise<string> {
  const server = createServer(({ url }, response) => {
    if (url === '/chat-token') response.end(readToken())
    else response.writeHead(200, { 'content-type': 'text/html' }).end(html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Claims the store's session as an admin and answers. */
async function answer(session_id: number, content: string): Promise<void> {
  const admin = await stage.admin()
  await stage.post('admin/session/claim/', admin, { session_id })
  await stage.post('admin/message/', admin, { session_id, content })
}

const write = async (page: Page, content: string) => {
  await page.getByLabel('Message').fill(content)
  await page.getByRole('button', { name: 'Send' }).click()
}
const items = (page: Page) => page.getByRole('listitem').allTextContents()

async function converse(page: Page, store: Awaited<ReturnType<typeof stage.store>>) {
  await write(page, 'Hello')
  await page.getByText('You: Hello').waitFor()
  const { id } = (await stage.get('store/session/', store)).body
  await answer(id, 'Good day')
  await page.getByText('Support: Good day').waitFor()
}

t.test('the plain HTML example of the documentation works as a chat', async (t) => {
  const store = await stage.store()
  const origin = await startApplication(t, findExample('html', '<!doctype html>'), () => store.token)
  const { page, complaints } = await stage.visitor({ ...store, token: 'kept from no page of this kind' })
  await page.goto(origin)
  await page.getByText('online').waitFor()
  await converse(page, store)
  t.same(await items(page), ['You: Hello', 'Support: Good day'])
  await page.reload()
  await page.getByText('Support: Good day').waitFor()
  t.same(await items(page), ['You: Hello', 'Support: Good day'])
  t.same(complaints, [])
})

t.test('a classic script finds the library as a global', async (t) => {
  const store = await stage.store()
  const html = `<!doctype html><link rel="icon" href="data:,"><script src="${stage.node.origin}/client.global.js"></script><p></p><script>
    const chat = storeChatClient.connectStore({ origin: '${stage.node.origin}', token: '${store.token}' })
    chat.send({ content: 'from a script' }).then(({ content }) => (document.querySelector('p').textContent = content))
  </script>`
  const { page, complaints } = await stage.visitor({ ...store, token: 'kept from no page of this kind' })
  await page.goto(await startApplication(t, html, () => store.token))
  await page.getByText('from a script').waitFor()
  t.same(complaints, [])
})

/** The component of the documentation in StrictMode, with a button that unmounts it. */
async function bundleComponent(): Promise<string> {
  const contents = `
    import { StrictMode } from 'react'
    import { createRoot } from 'react-dom/client'
    ${findExample('tsx', 'export function Support')}
    function Application() {
      const [token, setToken] = useState('')
      return <StrictMode>
        <button onClick={async () => setToken(await (await fetch('/chat-token')).text())}>Open</button>
        <button onClick={() => setToken('')}>Leave</button>
        {token !== '' && <Support token={token} />}
      </StrictMode>
    }
    createRoot(document.getElementById('root')).render(<Application />)`
  const { outputFiles } = await build({
    stdin: { contents, loader: 'tsx', resolveDir: '.' },
    bundle: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    jsxImportSource: 'react',
    alias: { 'store-chat-client/react': './src/client/react/index.ts' },
    // In production StrictMode does nothing.
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  const script = (outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script')
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="root"></div><script>${script}</script>`
}

t.test('the documented component keeps one connection in StrictMode and shows each message once', async (t) => {
  let store = await stage.store()
  const origin = await startApplication(t, await bundleComponent(), () => store.token)
  const { page, complaints } = await stage.visitor({ ...store, token: 'kept from no page of this kind' })
  const open = new Set<object>()
  let opened = 0
  page.on('websocket', (socket) => {
    opened++
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await page.goto(origin)
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByText('online').waitFor()
  await until(() => open.size === 1, 10_000, 'one connection')
  t.equal(opened, 2, 'StrictMode has mounted it twice')

  await converse(page, store)
  await until(async () => (await items(page)).length === 2, 5000)
  t.match(await items(page), [/^You: Hello \((sent|delivered|read)\)$/, /^Support: Good day/])
  await page.getByLabel('Message').blur()
  await page.getByLabel('Message').focus()
  await until(
    async () => (await stage.get('store/messages/', store)).body.data[1].status === 'read',
    5000,
    'it is read',
  )

  await write(page, ' ')
  await until(async () => /^You: .*\((?!waiting)/.test((await items(page))[2] ?? ''), 5000, 'it says why it is refused')

  await page.getByRole('button', { name: 'Leave' }).click()
  await until(() => open.size === 0, 10_000, 'the connection ends with the component')
  store = await stage.store()
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByText('online').waitFor()
  t.same(await items(page), [], 'another account sees nothing of it')
  // StrictMode's first mount closes its socket while it connects.
  t.same(
    complaints.filter((text) => !text.includes('WebSocket is closed before the connection is established')),
    [],
  )
})
