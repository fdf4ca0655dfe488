import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { connectStore } from 'store-chat/client'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import type * as library from '../../src/client/index.js'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { createTempFolder } from '../support/temp-folder.js'

const run = promisify(execFile)
const project = await createTempFolder(t)
const installed = join(project, 'node_modules/store-chat-client')
const [node] = await Promise.all([startNode(t), installPackage()])

/** Installs the package as npm does, without optional dependencies. */
async function installPackage(): Promise<void> {
  await mkdir(installed, { recursive: true })
  const { stdout } = await run(process.execPath, ['scripts/client-pack.mjs', project])
  await run('tar', ['xzf', stdout.trim(), '-C', installed, '--strip-components=1'])
}

async function talk(t: Test, connect: typeof library.connectStore): Promise<void> {
  const { token } = await addStore(node.database)
  const chat = connect({ origin: node.origin, token, WebSocket })
  t.teardown(() => chat.close())
  const heard: string[] = []
  chat.on('message', ({ sender_type, content }) => heard.push(`${sender_type} ${content}`))
  t.same((await chat.session()).messages, [])
  await chat.send({ content: 'My order has not arrived' })
  chat.read()
  t.same(heard, ['store My order has not arrived'])
}

t.test('what the service exports as its client connects, sends and reads', (t) => talk(t, connectStore))

t.test('the package works as an ES module', async (t) => {
  const path = join(project, 'entry.mjs')
  await writeFile(path, `export * from 'store-chat-client'`)
  const { connectStore } = (await import(pathToFileURL(path).href)) as typeof library
  await talk(t, connectStore)
})

t.test('the package works as CommonJS', async (t) => {
  const { connectStore } = createRequire(join(project, 'entry.cjs'))('store-chat-client') as typeof library
  await talk(t, connectStore)
})

t.test('it depends on nothing, and only its hook needs React', async (t) => {
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  const { version } = JSON.parse(await readFile('package.json', 'utf8'))
  t.match(manifest, { name: 'store-chat-client', version, peerDependenciesMeta: { react: { optional: true } } })
  t.same([manifest.dependencies, Object.keys(manifest.peerDependencies)], [undefined, ['react']])
  const names = (await readdir(installed, { recursive: true })).filter((name) => /\.(js|d\.ts)$/.test(name))
  t.ok(names.length > 0)
  for (const name of names) {
    const text = await readFile(join(installed, name), 'utf8')
    const imports = [...text.matchAll(/(?:from\s*|import\s*\(?\s*|require\()["']([^"']+)["']/g)].map(([, from]) => from)
    const others = new Set(imports.filter((from) => from?.startsWith('.') !== true))
    t.same([...others], /^(esm|cjs)\/client\/react\/use-chat\.js$/.test(name) ? ['react'] : [], name)
  }
})

const source = `
import { connectAdmin, connectStore, ChatError, type Message, type StoreClient } from 'store-chat-client'
import { useChat, type Chat } from 'store-chat-client/react'
const chat: StoreClient = connectStore({ origin: 'https://chat.example.com', token: async () => 'token' })
chat.on('message', (message: Message) => console.log(message.content))
export const sent: Promise<Message> = connectAdmin({ origin: '', token: '' }).send({ session_id: 1, content: '' })
export const hook: (options: { origin: string; token: string }) => Chat = useChat
export const code = (error: unknown): string => (error instanceof ChatError ? error.code : '')
// @ts-expect-error: its types are not any
chat.noSuchMethod()
`
/** A compiler, and compiler options as in a tsconfig.json. TypeScript 7 no longer has the oldest resolution. */
const resolutions: Record<string, [file: string, compiler: string, options: object]> = {
  'node, as it was before exports': [
    'node10.ts',
    'typescript',
    { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
  ],
  'nodenext, by import': ['next.mts', 'typescript-native', { module: 'nodenext' }],
  'nodenext, by require': ['next.cts', 'typescript-native', { module: 'nodenext' }],
  bundler: ['bundler.ts', 'typescript-native', { module: 'esnext', moduleResolution: 'bundler' }],
}
const common = {
  strict: true,
  noEmit: true,
  types: [],
  target: 'es2020',
  lib: ['es2020', 'dom'],
  skipDefaultLibCheck: true,
}

for (const [name, [file, compiler, settings]] of Object.entries(resolutions)) {
  t.test(`its types are found with the module resolution ${name}`, async (t) => {
    await writeFile(join(project, file), source)
    const config = join(project, `${file}.json`)
    await writeFile(config, JSON.stringify({ compilerOptions: { ...common, ...settings }, files: [file] }))
    // Without coverage, which counts each step of the compiler.
    const env = { PATH: process.env['PATH'] }
    const compiled = run(process.execPath, [`node_modules/${compiler}/bin/tsc`, '-p', config], { env })
    const { stdout } = await compiled.catch((failure: unknown) => failure as { stdout: string })
    t.equal(stdout, '')
  })
}

t.test('a bundler takes what is used of it alone', async (t) => {
  await mkdir(join(project, 'node_modules'), { recursive: true })
  await symlink(resolve('node_modules/react'), join(project, 'node_modules/react'))
  const bundle = async (contents: string) => {
    const stdin = { contents, resolveDir: project }
    const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'esm', minify: true })
    return outputFiles[0]?.text ?? ''
  }
  const store = await bundle(`export { connectStore } from 'store-chat-client'`)
  t.match(store, 'store/session/')
  t.notMatch(store, 'admin/session/claim')
  t.match(await bundle(`export { useChat } from 'store-chat-client/react'`), 'store/session/')
})
