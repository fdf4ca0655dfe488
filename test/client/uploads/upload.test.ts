import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { ChatError, type ConnectOptions } from '../../../src/client/index.js'
import { addStore, type TestAccount } from '../../support/chat/accounts.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { withoutCoverage } from '../../support/nodes/server-process.js'
import { createTempFolder } from '../../support/temp-folder.js'
import { patience, until } from '../../../harness/until.js'
import { download } from '../../support/files/uploads.js'
import { watchAdmin, watchStore } from '../support/connect.js'
import { startProxy } from '../support/proxy.js'

const node = await startNode(t)
const chat = createChatClient(node)
const text = (name: string, ...pieces: string[]) => ({
  name,
  async *stream() {
    for (const piece of pieces) yield new TextEncoder().encode(piece)
  },
})
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof ChatError ? `${error.status} ${error.code}` : error),
  )

t.test('a file of the disk is streamed, with its progress', async (t) => {
  const { client } = watchStore(t, node, await addStore(node.database))
  const path = join(await createTempFolder(t), 'a.txt')
  const content = 'hello '.repeat(100_000)
  await writeFile(path, content)
  const progress: number[] = []
  const { url, type } = await client.upload(
    { name: 'Käse "a".txt', stream: () => createReadStream(path) },
    { onProgress: ({ sent }) => progress.push(sent) },
  )
  t.equal(type, 'text/plain')
  t.ok(progress.length > 1)
  t.equal(progress.at(-1), content.length)
  t.equal(String((await download(url)).bytes), content)
})

t.test('a File is one, too', async (t) => {
  const { client } = watchStore(t, node, await addStore(node.database))
  const { url } = await client.upload(new File(['hello'], 'a.txt'))
  t.match(url, /a\.txt$/)
})

t.test('a message with a file is uploaded and sent as one', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const [here, there] = [watchStore(t, node, store), watchAdmin(t, node, admin)]
  const message = await here.client.send({ content: 'look', file: text('a.txt', 'hello') })
  t.match(message, { content: 'look', attachment_type: 'text/plain', attachment_url: /a\.txt$/ })
  await until(() => there.contents().includes('look'), 5000)
  const answer = await there.client.send({ session_id: sessionId, file: text('b.csv', 'a;b') })
  t.equal(answer.attachment_type, 'text/csv')
  const rows = await node.database.query('select session_id from chat_file where id = $1', [
    answer.attachment_url.split('/').at(-2),
  ])
  t.same(rows, [{ session_id: String(sessionId) }])
})

t.test('over cuts and refusals for now the file is sent again, and the message is stored once', async (t) => {
  const { store, sessionId } = await claimConversation(chat)
  let tries = 0
  const { client } = watchStore(t, node, store, {
    fetch: async (input, init) => {
      const isUpload = String(input instanceof Request ? input.url : input).includes('upload')
      if (!isUpload) return fetch(input, init)
      tries++
      if (tries === 1) throw new TypeError('fetch failed')
      if (tries === 2) return Response.json({ success: false, message: 'later' }, { status: 503 })
      if (tries > 3) return fetch(input, init)
      // The upload arrives, but its answer is lost.
      await fetch(input, init)
      throw new TypeError('terminated')
    },
  })
  const input = { file: text('a.txt', 'hello'), client_message_id: 'one' }
  const [first, second] = await Promise.all([client.send(input), client.send(input)])
  t.equal(tries, 4)
  t.equal(first.id, second.id, 'the same message again is the same act')
  const { body } = await chat.get('store/messages/', store, { session_id: sessionId })
  t.equal(body.data.length, 1)
  const files = await node.database.query('select state from chat_file where owner_id = $1 order by state', [store.id])
  t.same(files, [{ state: 'stored' }, { state: 'named' }], 'the lost one is swept later')
})

t.test('an upload that is refused with 401 is repeated with a renewed token', async (t) => {
  const store = await addStore(node.database)
  let [tokens, uploads] = [0, 0]
  const { client, reaches } = watchStore(t, node, store, {
    token: () => {
      tokens++
      return store.token
    },
    fetch: async (input, init) => {
      const isUpload = String(input instanceof Request ? input.url : input).includes('upload')
      if (!isUpload || ++uploads > 1) return fetch(input, init)
      return Response.json({ success: false, message: 'Unauthorized' }, { status: 401 })
    },
  })
  await reaches('online')
  t.equal(tokens, 1)
  t.match(await client.upload(text('a.txt', 'hello')), { type: 'text/plain' })
  t.same([tokens, uploads], [2, 2])
})

t.test('what is refused rejects in clear words', async (t) => {
  const { client } = watchStore(t, node, await addStore(node.database))
  t.equal(await codeOf(client.upload(text('a.exe', 'x'))), '415 unsupported')
  t.equal(await codeOf(client.upload(text('a.txt', '<html>'))), '415 unsupported')
  t.equal(await codeOf(client.upload(text('a.txt'))), '400 invalid_input')
  t.equal(await codeOf(client.upload(text('a.txt', 'x'), { session_id: 123_456_789 })), '404 not_found')
  t.equal(await codeOf(client.send({ file: text('a.exe', 'x') })), '415 unsupported')
  const large = text('a.txt', ...Array.from({ length: 22 }, () => 'x'.repeat(1024 * 1024)))
  t.equal(await codeOf(client.upload(large)), '413 too_large')
})

t.test('an upload can be ended, and ends with the client', async (t) => {
  const { client } = watchStore(t, node, await addStore(node.database))
  const abort = new AbortController()
  const endless = {
    name: 'a.txt',
    async *stream() {
      yield new TextEncoder().encode('x'.repeat(100))
      abort.abort()
      await new Promise(() => undefined)
    },
  }
  t.equal(await codeOf(client.upload(endless, { signal: abort.signal })), '0 aborted')
  t.equal(await codeOf(client.upload(text('a.txt', 'x'), { signal: abort.signal })), '0 aborted')
  client.close()
  t.equal(await codeOf(client.send({ file: text('a.txt', 'x') })), '0 closed')
})

/** Closes a client while an upload waits as long as it was told to. */
const PROGRAM = `
  import { WebSocket } from 'ws'
  import { connectStore } from './dist/client/index.js'

  const [origin, token] = process.argv.slice(1)
  const refuse = async (input, init) => {
    if (!String(input).includes('upload')) return fetch(input, init)
    setTimeout(() => client.close(), 100)
    return Response.json({ success: false, message: 'Not now' }, { status: 503, headers: { 'retry-after': '59' } })
  }
  const client = connectStore({ origin, token, WebSocket, fetch: refuse })
  const file = { name: 'a.txt', stream: async function* () { yield new Uint8Array([104]) } }
  await client.send({ file }).catch(({ code }) => console.log(code))
`

t.test('a client that is closed while an upload waits lets its process end', async (t) => {
  const { token } = await addStore(node.database)
  const args = ['--input-type=module', '--eval', PROGRAM, node.origin, token]
  const env = { PATH: process.env['PATH'], ...withoutCoverage }
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 10_000 * patience })
  t.equal(stdout, 'closed\n')
})

/** A client whose uploads are answered by the test, and how often it has tried. */
function watchUploads(
  t: Test,
  store: TestAccount,
  answer: () => Promise<Response>,
  options: Partial<ConnectOptions> = {},
) {
  let tries = 0
  const watched = watchStore(t, node, store, {
    fetch: (input, init) => {
      if (!String(input instanceof Request ? input.url : input).includes('upload')) return fetch(input, init)
      tries++
      return answer()
    },
    ...options,
  })
  return { ...watched, tries: () => tries }
}

const refuse = (status: number, headers: Record<string, string> = {}) =>
  Promise.resolve(Response.json({ success: false, message: 'Not now' }, { status, headers }))

t.test('what fails again and again while the connection is there is told after a few tries', async (t) => {
  const store = await addStore(node.database)
  for (const [answer, code] of [
    // A refusal that is seen as a cut.
    [() => Promise.reject(new TypeError('fetch failed')), '0 offline'],
    [() => refuse(503), '503 unavailable'],
  ] as const) {
    const { client, reaches, tries } = watchUploads(t, store, answer, { timing: { checkMs: 500 } })
    await reaches('online')
    t.equal(await codeOf(client.send({ file: text('a.txt', 'x') })), code)
    t.ok(tries() >= 4, `${tries()} tries`)
    client.close()
  }
})

t.test('a daily limit is told at once', async (t) => {
  const { client, tries } = watchUploads(t, await addStore(node.database), () => refuse(429, { 'retry-after': '3600' }))
  t.equal(await codeOf(client.upload(text('a.txt', 'x'), { repeat: true })), '429 too_many')
  t.equal(tries(), 1)
})

t.test('while there is no connection an upload is tried as often as it takes', async (t) => {
  const store = await addStore(node.database)
  const way = await startProxy(t, node)
  let tries = 0
  const { client, reaches } = watchStore(t, way, store, {
    fetch: (input, init) => {
      if (String(input instanceof Request ? input.url : input).includes('upload')) tries++
      return fetch(input, init)
    },
  })
  await reaches('online')
  way.lead(undefined)
  way.cut()
  await reaches('offline')
  const uploading = client.upload(text('a.txt', 'x'), { repeat: true })
  await until(() => tries > 5, 10_000)
  way.lead(node)
  t.match(await uploading, { type: 'text/plain' })
})

t.test('an upload can be ended while the application is asked for a token, and between two tries', async (t) => {
  const store = await addStore(node.database)
  const waiting = watchUploads(t, store, () => refuse(503), { token: () => new Promise(() => undefined) })
  const abort = new AbortController()
  const upload = codeOf(waiting.client.upload(text('a.txt', 'x'), { signal: abort.signal }))
  abort.abort()
  t.equal(await upload, '0 aborted')

  const pausing = watchUploads(t, store, () => refuse(503, { 'retry-after': '30' }))
  // Coming online ends a pause between two tries.
  await pausing.reaches('online')
  const end = new AbortController()
  const sending = codeOf(pausing.client.send({ file: text('a.txt', 'x'), signal: end.signal }))
  await until(() => pausing.tries() === 1, 5000)
  end.abort()
  t.equal(await sending, '0 aborted')
  t.equal(waiting.tries(), 0)
})
