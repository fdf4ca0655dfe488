import { readdir, readlink } from 'node:fs/promises'
import t from 'tap'
import { until } from '../../harness/until.js'
import { addStore } from '../support/chat/accounts.js'
import { openConversation } from '../support/chat/conversations.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { addMessages } from '../support/chat/sessions.js'
import { openRawConnection } from '../support/clients/raw-http.js'
import { storeFile } from '../support/files/uploads.js'
import { startNode } from '../support/nodes/node.js'

const node = await startNode(t)
const { app, database } = node

const get = (path: string, token?: string) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${token === undefined ? '' : `Authorization: Token ${token}\r\n`}\r\n`

/** The names of files that this process has open. */
async function listOpenFiles(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd')
  return Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')))
}

t.test('pipelined requests are answered in their order, each after the one before', async (t) => {
  const store = await addStore(database)
  const other = await startNode(t, { database })
  let ended = 0
  other.app.server.on('request', (_request, response: NodeJS.EventEmitter) => response.once('close', () => ended++))
  let begun = 0
  let most = 0
  const { begin } = other.app.accountWork
  other.app.accountWork.begin = (account) => {
    // Each third request is one for a document.
    most = Math.max(most, ++begun + Math.ceil(begun / 2) - ended)
    return begin(account)
  }
  const connection = await openRawConnection(t, other)
  const paths = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? '/docs/json' : `/v1/chat/me/?n=${index}`))
  connection.write(paths.map((path) => get(path, store.token)).join(''))
  for (const path of paths) {
    const answer = await connection.next()
    t.equal(answer?.status, 200)
    t.equal(answer?.text.includes('"openapi"'), path === '/docs/json', path)
  }
  t.equal(begun, 20)
  t.equal(most, 1, 'one at a time')
})

t.test('of pipelined requests whose connection ends, nothing is left', async (t) => {
  const chat = createChatClient(node)
  const { store, sessionId } = await openConversation(chat)
  await addMessages(
    database,
    sessionId,
    Array.from({ length: 100 }, () => ({ content: '\u0001'.repeat(10_000) })),
  )
  const file = new URL(await storeFile(node, store, { name: 'a.txt', bytes: 'x'.repeat(500_000) })).pathname
  for (const path of [file, '/docs/static/swagger-ui-bundle.js', '/v1/chat/store/session/', '/docs/json']) {
    const connections = await Promise.all(Array.from({ length: 5 }, () => openRawConnection(t, node)))
    let begun = 0
    const count = () => begun++
    app.server.on('request', count)
    for (const connection of connections) connection.write(get(path, store.token).repeat(50))
    await until(() => begun >= 50, 5000, 'the requests have arrived')
    await connections[0]?.next()
    for (const connection of connections) connection.cut()
    app.server.off('request', count)
    const isOpen = (name: string) => name.includes('swagger-ui') || name.startsWith(app.files.config.folder)
    await until(async () => !(await listOpenFiles()).some(isOpen), 10_000, `${path}: no file is open`)
    await until(() => app.accountWork.unreadBytes() === 0, 10_000, `${path}: nothing counts as unread`)
    await until(() => app.accountWork.size() === 0, 10_000, `${path}: no request is under way`)
  }
})

t.test('a connection on which too many requests wait is cut', async (t) => {
  const stalled = await openRawConnection(t, node)
  stalled.write(get('/docs/json').repeat(1000))
  await stalled.ended
  t.equal((await node.get('/health/live/')).status, 200)
})
