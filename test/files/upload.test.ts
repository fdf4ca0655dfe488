import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createAnswerCheck, createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { createJpeg, PLACE } from '../support/files/pictures.js'
import { exchangeRaw, openRawConnection } from '../support/clients/raw-http.js'
import { download, encodeForm, postForm, storeFile, uploadFile } from '../support/files/uploads.js'
import { readConfig } from '../../src/config/config.js'

const node = await startNode(t)
const { database } = node
const chat = createChatClient(node)
const check = createAnswerCheck(node)
const store = await addStore(database)
const text = { field: 'file', name: 'a.txt', content: 'Hello' }
const { maxBytes } = readConfig({}).files

const countFiles = async () => (await database.query('select from chat_file')).length
const listSpool = () => readdir(`${node.app.files.config.folder}/uploading`).catch(() => [])

t.test(
  'an upload is answered with an absolute address and the type, and comes back without its metadata',
  async (t) => {
    const answer = await uploadFile(node, store, { name: 'photo.jpg', bytes: createJpeg({ orientation: 1 }) })
    check('POST', '/v1/chat/upload/', answer)
    t.equal(answer.status, 200)
    t.same(Object.keys(answer.body), ['url', 'type'])
    t.match(answer.body.url, new RegExp(`^${node.origin}/v1/chat/files/[\\w-]{22}/photo\\.jpg$`))
    t.equal(answer.body.type, 'image/jpeg')
    const { status, headers, bytes } = await download(answer.body.url)
    t.equal(status, 200)
    t.equal(headers.get('content-type'), 'image/jpeg')
    t.same(bytes, createJpeg({ hasMetadata: false }))
    t.notOk(bytes.includes(PLACE))
    t.same(await listSpool(), [])
    const { body: session } = await chat.get('store/session/', store)
    t.same(session.messages, [], 'by itself it makes no message')
  },
)

t.test('an upload whose Host gives no address is refused before anything is stored', async (t) => {
  const before = await countFiles()
  const { headers, body } = encodeForm([text])
  const post = (version: string, ...lines: string[]) => {
    const head = [`POST /v1/chat/upload/ HTTP/${version}`, ...lines, `Authorization: Token ${store.token}`]
    const length = [`Content-Type: ${headers['content-type']}`, `Content-Length: ${body.length}`, '', '']
    return exchangeRaw(t, node, Buffer.concat([Buffer.from([...head, ...length].join('\r\n')), body]))
  }
  const faulty = ['a b', 'a/b', 'a?b', 'a#b', 'a@b', 'a\\b', 'a:99999', 'a:b', '[::1', '']
  for (const host of faulty) t.match(await post('1.1', `Host: ${host}`), { status: 400, text: /Host header/ }, host)
  t.match(await post('1.0'), { status: 400, text: /Host header/ }, 'no Host')
  t.equal(await countFiles(), before)
  for (const host of ['chat.test', '127.0.0.1:8000', '[::1]:8000', 'my_host']) {
    t.match(await post('1.1', `Host: ${host}`), {
      status: 200,
      text: new RegExp(`http://${host.replaceAll(/[[\].]/g, '\\$&')}/v1/`),
    })
  }
})

t.test('a form without exactly one file is refused', async (t) => {
  const before = await countFiles()
  const bad: [string, Parameters<typeof postForm>[2]][] = [
    ['nothing', []],
    ['no file', [{ field: 'session_id', content: '1' }]],
    ['two files', [text, text]],
    ['two files, the second one of another field', [text, { ...text, field: 'other' }]],
    ['another field', [{ ...text, field: 'files' }]],
    ['a field that is no file', [{ field: 'file', content: 'Hello' }]],
    ['a file without a name', [{ field: 'file', type: 'application/octet-stream', content: 'Hello' }]],
    ['an empty file', [{ ...text, content: '' }]],
    ['a session that is no id', [text, { field: 'session_id', content: 'x' }]],
    ['two sessions', [{ field: 'session_id', content: '1' }, { field: 'session_id', content: '1' }, text]],
    ['a name without end', [{ ...text, name: `${'a'.repeat(1001)}.txt` }]],
  ]
  for (const [what, parts] of bad) {
    const answer = await postForm(node, store, parts)
    check('POST', '/v1/chat/upload/', answer)
    t.equal(answer.status, 400, what)
  }
  const { headers, body } = encodeForm([text])
  const raw = (headers: Record<string, string>, body?: Buffer | string) =>
    node.post('/v1/chat/upload/', { token: store.token, headers, body })
  t.equal((await raw({ 'content-type': 'multipart/form-data' }, body)).status, 400, 'no boundary')
  t.equal((await raw(headers, body.subarray(0, -10))).status, 400, 'half a form')
  t.equal((await raw(headers, 'nonsense')).status, 400, 'no form')
  const nameless = (...contents: string[]) => {
    const boundary = 'boundary'
    const parts = contents.map((content) => `--${boundary}\r\nContent-Disposition: form-data\r\n\r\n${content}\r\n`)
    const type = `multipart/form-data; boundary=${boundary}`
    return raw({ 'content-type': type }, `${parts.join('')}--${boundary}--\r\n`)
  }
  t.equal((await nameless('a', 'b')).status, 400, 'two fields without a name')
  t.equal((await nameless('x'.repeat(2000))).status, 400, 'a long field without a name')
  t.equal((await raw({})).status, 400, 'no body')
  t.equal((await raw({ 'content-type': 'application/json' }, '{}')).status, 415, 'JSON')
  t.equal((await raw({ 'content-type': 'image/png' }, 'x')).status, 415, 'bytes without a form')
  t.equal(await countFiles(), before)
  t.same(await listSpool(), [], 'and nothing stays behind')
})

t.test('what the bytes show is held against the name', async (t) => {
  for (const [name, bytes] of [
    ['a.png', '<html><script>alert(1)</script></html>'],
    ['a.svg', '<svg/>'],
    ['a.png', createJpeg()],
  ] as const) {
    t.equal((await uploadFile(node, store, { name, bytes })).status, 415, name)
  }
})

t.test('the largest file is accepted, and one byte more is refused before the rest has come', async (t) => {
  const largest = await uploadFile(node, store, { name: 'a.txt', bytes: Buffer.alloc(maxBytes, 'a') })
  t.equal(largest.status, 200, largest.text)

  const { body, headers } = encodeForm([{ ...text, content: Buffer.alloc(maxBytes + 1, 'a') }])
  const connection = await openRawConnection(t, node)
  // The rest of the announced body never arrives.
  connection.write(
    `POST /v1/chat/upload/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${store.token}\r\n` +
      `Content-Type: ${headers['content-type']}\r\nContent-Length: ${body.length + 1000}\r\n\r\n`,
  )
  connection.write(body.subarray(0, body.length - 10))
  const answer = await connection.next()
  t.equal(answer?.status, 413)
  t.match(JSON.parse(answer?.text ?? ''), { success: false, message: /larger than 20971520 bytes/ })

  const announced = await openRawConnection(t, node)
  announced.write(
    `POST /v1/chat/upload/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${store.token}\r\n` +
      `Content-Type: ${headers['content-type']}\r\nContent-Length: 30000000\r\n\r\n`,
  )
  t.equal((await announced.next())?.status, 413, 'what is announced to be too large is not waited for')
  t.same(await listSpool(), [])
})

t.test('a client that goes on sending what was refused gets its answer and keeps its connection', async (t) => {
  const { body, headers } = encodeForm([{ ...text, name: 'a.exe', content: Buffer.alloc(maxBytes, 'a') }])
  const answer = await node.post('/v1/chat/upload/', { token: store.token, headers, body })
  t.equal(answer.status, 415)
  t.equal(answer.headers.connection, 'keep-alive')
})

t.test("a session has to be the caller's", async (t) => {
  const [mine, other] = [await claimConversation(chat), await claimConversation(chat)]
  const open = await openConversation(chat)
  const upload = async (account: { token: string }, sessionId: number) =>
    (await uploadFile(node, account, { name: 'a.txt', bytes: 'x', sessionId })).status
  t.equal(await upload(mine.store, mine.sessionId), 200)
  t.equal(await upload(mine.admin, mine.sessionId), 200)
  t.equal(await upload(mine.admin, open.sessionId), 200, 'an open session')
  t.equal(await upload(mine.store, other.sessionId), 404)
  t.equal(await upload(mine.admin, other.sessionId), 403)
  t.equal(await upload(mine.store, Number.MAX_SAFE_INTEGER), 404)
  const behind = await postForm(node, mine.store, [text, { field: 'session_id', content: `${other.sessionId}` }])
  t.equal(behind.status, 404, 'also where it follows the file')
  t.same(await listSpool(), [])
})

t.test('a name is stored as it is given, and served safely', async (t) => {
  const names = [
    '../../etc/passwd.txt',
    'C:\\temp\\a.txt',
    `${'a'.repeat(296)}.txt`,
    'Käse 🧀 世界.txt',
    '🧀'.repeat(100) + '.txt',
    'evil\u202etxt.exe.txt',
    'a%0d%0aSet-Cookie: x=1.txt',
    'a\'b;c="d".txt'.replaceAll('"', ''),
    '.txt',
  ]
  for (const name of names) {
    const url = await storeFile(node, store, { name, bytes: 'Hello' })
    t.ok(url.length < 2048 && URL.canParse(url), url)
    const id = url.split('/').at(-2)
    t.same(await database.query('select name from chat_file where id = $1', [id]), [{ name }])
    const { status, headers } = await download(url)
    t.equal(status, 200, name)
    const disposition = headers.get('content-disposition') ?? ''
    t.match(disposition, /^attachment; filename="[^"\\/]*"; filename\*=UTF-8''[\w%.~!#$&+^`|-]+$/, name)
    const shown = decodeURIComponent(disposition.split("''")[1] ?? '')
    t.notMatch(shown, /[\\/\r\n\u202e]|^\./)
    t.equal(headers.get('set-cookie'), null)
  }
})

t.test('uploads need a token and count as work of their own', async (t) => {
  t.equal((await postForm(node, { token: 'x' }, [text])).status, 401)
  const account = await addAdmin(database)
  const { body, headers } = encodeForm([text])
  const head =
    `POST /v1/chat/upload/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${account.token}\r\n` +
    `Content-Type: ${headers['content-type']}\r\nContent-Length: ${body.length}\r\n\r\n`
  const slow = await Promise.all(Array.from({ length: 8 }, () => openRawConnection(t, node)))
  for (const connection of slow) {
    connection.write(head)
    connection.write(body.subarray(0, 20))
  }
  const other = await chat.get('me/', account)
  t.equal(other.status, 200, 'slow uploads hold up nothing else of their account')
  for (const connection of slow) connection.write(body.subarray(20))
  for (const connection of slow) t.equal((await connection.next())?.status, 200, 'those beyond the bound wait')
})

t.test('an upload may take longer than other requests', async (t) => {
  const { body, headers } = encodeForm([text])
  const socket = connect(Number(new URL(node.origin).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk)))
  const serverSide = new Promise<NodeJS.Socket>((resolve) => {
    node.app.server.once('request', ({ socket }: { socket: NodeJS.Socket }) => resolve(socket))
  })
  socket.write(
    `POST /v1/chat/upload/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Token ${store.token}\r\n` +
      `Content-Type: ${headers['content-type']}\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  const timeout = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
  const accepted = await serverSide
  // Once the handler runs, the spool folder gets the first bytes.
  socket.write(body.subarray(0, -20))
  const { until } = await import('../../harness/until.js')
  await until(async () => (await listSpool()).length > 0, 5000)
  node.app.server.emit('clientError', timeout, accepted)
  socket.write(body.subarray(-20))
  await new Promise((resolve) => socket.once('close', resolve))
  t.match(answer, /^HTTP\/1\.1 200/)
})
