import { access, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { sweepFiles } from '../../src/files/sweep-files.js'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { download, storeFile } from '../support/files/uploads.js'

const node = await startNode(t)
const { database } = node
const { files } = node.app
const chat = createChatClient(node)
const text = { name: 'a.txt', bytes: 'Hello' }
const idOf = (url: string) => url.split('/').at(-2) ?? ''
const hasRow = async (url: string) =>
  (await database.query('select from chat_file where id = $1', [idOf(url)])).length > 0
const hasBytes = (url: string) =>
  access(join(files.config.folder, idOf(url).slice(0, 2), idOf(url))).then(
    () => true,
    () => false,
  )
const age = (url: string, interval: string, state = 'stored') =>
  database.query(
    `update chat_file set state = $3::file_state, created = created - $2::interval, updated = updated - $2::interval
     where id = $1`,
    [idOf(url), interval, state],
  )

t.test('a file that no message names is gone after 24 hours, and not before', async (t) => {
  const store = await addStore(database)
  const [young, old] = [await storeFile(node, store, text), await storeFile(node, store, text)]
  await age(young, '23 hours 59 minutes')
  await age(old, '24 hours 1 minute')
  t.equal(await sweepFiles(files), 1)
  t.same([await hasRow(young), await hasBytes(young)], [true, true])
  t.same([await hasRow(old), await hasBytes(old)], [false, false])
  t.equal((await download(old)).status, 404)
})

t.test('a file that a message names stays, and goes with its last message', async (t) => {
  const { store } = await claimConversation(chat)
  const url = await storeFile(node, store, text)
  for (let count = 0; count < 2; count++) await chat.post('store/message/', store, { attachment_url: url })
  await age(url, '1 year', 'named')
  t.equal(await sweepFiles(files), 0)
  t.equal((await download(url)).status, 200)
  const messages = await database.query<{ id: string }>('select id from chat_message where attachment_url = $1', [url])
  const [first, last] = messages
  await database.query('delete from chat_message where id = $1', [first?.id])
  t.equal((await download(url)).status, 200)
  await database.query('delete from chat_message where id = $1', [last?.id])
  t.equal((await download(url)).status, 404)
  await age(url, '2 minutes', 'deleting')
  t.equal(await sweepFiles(files), 1)
  t.same([await hasRow(url), await hasBytes(url)], [false, false])
})

t.test('two transactions that delete the last two messages of a file give it up', async (t) => {
  const { store } = await claimConversation(chat)
  const url = await storeFile(node, store, text)
  for (let count = 0; count < 2; count++) await chat.post('store/message/', store, { attachment_url: url })
  const messages = await database.query<{ id: string }>('select id from chat_message where attachment_url = $1', [url])
  const deletion = ({ id }: { id: string }) =>
    database.query(`do $$ begin delete from chat_message where id = ${id}; perform pg_sleep(0.1); end $$`)
  await Promise.all(messages.map(deletion))
  t.same(await database.query('select state from chat_file where id = $1', [idOf(url)]), [{ state: 'deleting' }])
})

t.test('whatever a crash leaves between row and bytes is swept', async (t) => {
  const store = await addStore(database)
  const upload = () => storeFile(node, store, text)
  const [announced, half, givenUp, deleted] = [await upload(), await upload(), await upload(), await upload()]
  await age(announced, '2 hours', 'pending')
  await files.storage.delete(idOf(announced))
  await age(half, '2 hours', 'pending')
  await age(givenUp, '2 minutes', 'deleting')
  await age(deleted, '2 minutes', 'deleting')
  await files.storage.delete(idOf(deleted))
  t.equal(await sweepFiles(files), 4)
  for (const url of [announced, half, givenUp, deleted])
    t.same([await hasRow(url), await hasBytes(url)], [false, false])
})

t.test('nodes that sweep at the same time remove each file once', async (t) => {
  const store = await addStore(database)
  const urls = await Promise.all(Array.from({ length: 30 }, () => storeFile(node, store, text)))
  for (const url of urls) await age(url, '25 hours')
  const removed: string[] = []
  const storage = { ...files.storage, delete: async (id: string) => void removed.push(id) }
  const counts = await Promise.all(Array.from({ length: 3 }, () => sweepFiles({ ...files, storage })))
  t.equal(
    counts.reduce((sum, count) => sum + count),
    30,
  )
  t.same(removed.sort(), urls.map(idOf).sort())
})

t.test('what a dead node was receiving is removed from the folder, what others receive is not', async (t) => {
  await mkdir(files.spoolFolder, { recursive: true })
  const [old, young] = ['old', 'young'].map((name) => join(files.spoolFolder, name)) as [string, string]
  await writeFile(old, 'x')
  await writeFile(young, 'x')
  const twoHoursAgo = Date.now() / 1000 - 7200
  await utimes(old, twoHoursAgo, twoHoursAgo)
  await sweepFiles(files)
  t.same(await readdir(files.spoolFolder), ['young'])
})

t.test('storage that is away keeps the rows for the next time', async (t) => {
  const store = await addStore(database)
  const url = await storeFile(node, store, text)
  await age(url, '25 hours')
  const storage = { ...files.storage, delete: () => Promise.reject(new Error('away')) }
  await t.rejects(sweepFiles({ ...files, storage }), /away/)
  t.ok(await hasRow(url))
  await age(url, '2 minutes', 'deleting')
  t.equal(await sweepFiles(files), 1)
})
