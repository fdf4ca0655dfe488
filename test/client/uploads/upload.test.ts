import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ChatError } from '../../../src/client/index.js'
import { addStore } from '../../support/chat/accounts.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { createTempFolder } from '../../support/temp-folder.js'
import { until } from '../../../harness/until.js'
import { download } from '../../support/files/uploads.js'
import { watchAdmin, watchStore } from '../support/connect.js'

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
