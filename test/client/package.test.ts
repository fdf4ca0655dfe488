import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { connectStore } from 'store-chat/client'
import t, { type Test } from 'tap'
import ts from 'typescript'
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
/** Compiler options as in a tsconfig.json. */
const resolutions: Record<string, [file: string, options: object]> = {
  'node, as it was before exports': [
    'node10.ts',
    { module: 'commonjs', moduleResolution: 'node', ignoreDeprecations: '6.0' },
  ],
  'nodenext, by import': ['next.mts', { module: 'nodenext' }],
  'nodenext, by require': ['next.cts', { module: 'nodenext' }],
  bundler: ['bundler.ts', { module: 'esnext', moduleResolution: 'bundler' }],
}
const common = {
  strict: true,
  noEmit: true,
  types: [],
  target: 'es2020',
  lib: ['es2020', 'dom'],
  skipDefaultLibCheck: true,
}
const libraries = new Map<string, ts.SourceFile | undefined>()

/** Parses the declarations of the language once. */
function createHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const read: ts.CompilerHost['getSourceFile'] = host.getSourceFile.bind(host)
  host.getSourceFile = (path, ...how) => {
    if (!path.includes('/typescript/lib/lib.')) return read(path, ...how)
    if (!libraries.has(path)) libraries.set(path, read(path, ...how))
    return libraries.get(path)
  }
  return host
}

for (const [name, [file, settings]] of Object.entries(resolutions)) {
  t.test(`its types are found with the module resolution ${name}`, async (t) => {
    const path = join(project, file)
    await writeFile(path, source)
    const { options, errors } = ts.convertCompilerOptionsFromJson({ ...common, ...settings }, project)
    const program = ts.createProgram([path], options, createHost(options))
    const found = [...errors, ...ts.getPreEmitDiagnostics(program)]
    t.same(
      found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
      [],
    )
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
