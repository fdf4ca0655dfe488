import { runInNewContext } from 'node:vm'
import { build, transform } from 'esbuild'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import type * as library from '../../src/client/index.js'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'

const node = await startNode(t)

const { outputFiles } = await build({
  entryPoints: ['src/client/index.ts'],
  bundle: true,
  write: false,
  format: 'iife',
  globalName: 'storeChatClient',
  target: 'es2020',
})
const script = outputFiles[0]?.text ?? ''

/** Removes what the language gained since ES2020. Newer parts of the environment are removed below. */
const newer = `
  for (const [owner, names] of [
    [Array.prototype, ['at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with']],
    [String.prototype, ['at', 'replaceAll', 'isWellFormed', 'toWellFormed']],
    [Object, ['hasOwn', 'groupBy', 'fromEntries']],
    [Promise, ['any', 'withResolvers', 'try']],
    [Array, ['fromAsync']],
    [globalThis, ['WeakRef', 'FinalizationRegistry', 'AggregateError', 'Iterator', 'structuredClone', 'queueMicrotask']],
  ]) for (const name of names) delete owner[name]
`

const throwing = (name: string) => () => {
  throw new Error(`${name} is not implemented`)
}

/** A URL as in React Native: read-only. */
class ReadOnlyUrl {
  readonly #url: URL
  constructor(...given: ConstructorParameters<typeof URL>) {
    this.#url = new URL(...given)
  }
  get href() {
    return this.#url.href
  }
  get protocol() {
    return this.#url.protocol
  }
  set protocol(_: string) {
    throwing('URL.protocol')()
  }
  get searchParams() {
    return { set: throwing('URLSearchParams.set'), get: throwing('URLSearchParams.get') }
  }
}

/** A new context has only the language: no URL, AbortController, TextEncoder, crypto, document … */
const bare = { WebSocket, fetch, setTimeout, clearTimeout }
const environments: Record<string, object> = {
  'that has a socket, fetch and timers alone': bare,
  'like React Native': {
    ...bare,
    URL: ReadOnlyUrl,
    AbortController,
    AbortSignal: {},
    navigator: { product: 'ReactNative' },
    window: {},
  },
  'like an old browser on plain HTTP': {
    ...bare,
    URL,
    AbortController,
    crypto: { getRandomValues: (bytes: Uint8Array) => bytes.fill(7) },
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    document: { visibilityState: 'visible', addEventListener: () => undefined, removeEventListener: () => undefined },
  },
}

async function talk(t: Test, environment: object): Promise<void> {
  const context = { ...environment }
  const { connectStore } = runInNewContext(`${newer}${script};storeChatClient`, context) as typeof library
  const { token } = await addStore(node.database)
  const chat = connectStore({ origin: `${node.origin}/`, token, timing: { checkMs: 2000 } })
  t.teardown(() => chat.close())
  const heard: string[] = []
  chat.on('message', ({ content }) => heard.push(content))
  const { id } = await chat.session()
  await chat.send({ content: 'Grüße 😀' })
  chat.read()
  chat.typing(true)
  chat.reconnect()
  const { data } = await chat.history({ session_id: id, limit: 10 })
  t.match(data, [{ content: 'Grüße 😀' }])
  t.same(heard, ['Grüße 😀'])
  await chat.history({ limit: 0 }).then(
    () => t.fail('it is refused'),
    (error: unknown) => t.match(error, { name: 'ChatError', code: 'invalid_input', fields: [{ field: 'limit' }] }),
  )
  await chat.send({ content: 'x'.repeat(70_000) }).then(
    () => t.fail('it is too large'),
    (error: unknown) => t.match(error, { code: 'too_large' }),
  )
}

for (const [name, environment] of Object.entries(environments)) {
  t.test(`the client works in an environment ${name}`, async (t) => talk(t, environment))
}

t.test('its syntax is that of ES2020', async (t) => {
  const lowered = await transform(script, { target: 'es2020' })
  const same = await transform(script, { target: 'esnext' })
  t.equal(lowered.code, same.code)
})

t.test('what a socket that cannot be made says is not passed on', async (t) => {
  function Refusing(url: string) {
    throw new SyntaxError(`${url} is no good`)
  }
  const context = { ...bare, WebSocket: Refusing }
  const { connectStore } = runInNewContext(`${script};storeChatClient`, context) as typeof library
  t.throws(() => connectStore({ origin: node.origin, token: 'secret' }), { message: 'The WebSocket could not be made' })
})
