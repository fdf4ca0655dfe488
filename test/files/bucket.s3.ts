import t from 'tap'
import { sweepFiles } from '../../src/files/sweep-files.js'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { createJpeg } from '../support/files/pictures.js'
import { startS3Server } from '../support/files/s3-server.js'
import { download, storeFile, uploadFile } from '../support/files/uploads.js'

const s3 = await startS3Server(t)
const node = await startNode(t, { config: { files: s3.files } })
const { database } = node
const store = await addStore(database)
const idOf = (url: string) => url.split('/').at(-2) ?? ''

t.test('a file goes into the bucket, and is read from there for five minutes', async (t) => {
  const content = 'hello '.repeat(1_000_000)
  const url = await storeFile(node, store, { name: 'Käse 🧀.txt', bytes: content })
  t.ok((await s3.list()).includes(idOf(url)))
  const redirect = await download(url)
  t.equal(redirect.status, 302)
  t.match(redirect.headers.get('cache-control'), /^private, max-age=\d+$/)
  t.equal(redirect.headers.get('etag'), null)
  const location = new URL(redirect.headers.get('location') ?? '')
  t.equal(location.searchParams.get('X-Amz-Expires'), '300')
  t.equal(location.searchParams.get('X-Amz-SignedHeaders'), 'host')
  const { status, headers, bytes } = await download(location.href)
  t.equal(status, 200, String(bytes).slice(0, 500))
  t.equal(String(bytes), content)
  t.equal(headers.get('content-type'), 'text/plain; charset=utf-8')
  t.match(headers.get('content-disposition'), /^attachment; .*filename\*=UTF-8''K%C3%A4se%20%F0%9F%A7%80\.txt$/)
  const part = await download(location.href, { range: 'bytes=6-10' })
  t.match({ status: part.status, text: String(part.bytes) }, { status: 206, text: 'hello' })
  t.equal((await node.request('HEAD', new URL(url).pathname)).headers['content-length'], String(content.length))
})

t.test('nobody reads the bucket without a valid address', async (t) => {
  const url = await storeFile(node, store, { name: 'a.jpg', bytes: createJpeg() })
  const location = new URL((await download(url)).headers.get('location') ?? '')
  t.equal((await download(location.origin + location.pathname)).status, 403)
  location.pathname = location.pathname.slice(0, -1)
  t.equal((await download(location.href)).status, 403)
})

t.test('files that nobody names are removed from the bucket, and once more is harmless', async (t) => {
  const url = await storeFile(node, store, { name: 'a.txt', bytes: 'x' })
  await database.query(`update chat_file set updated = now() - interval '25 hours' where id = $1`, [idOf(url)])
  t.equal(await sweepFiles(node.app.files), 1)
  t.notOk((await s3.list()).includes(idOf(url)))
  await node.app.files.storage.delete(idOf(url))
})

t.test('bytes that are not the announced ones are not stored', async (t) => {
  const before = await s3.list()
  const { storage } = node.app.files
  const { writeFile } = await import('node:fs/promises')
  const path = `${t.testdir()}/file`
  await writeFile(path, 'hello')
  const file = { path, type: 'text/plain', size: 5, sha256: Buffer.alloc(32), remove: () => Promise.resolve() }
  await t.rejects(storage.put('wrong', file), /answered with 400/)
  t.same(await s3.list(), before)
})

t.test('a bucket that is away is a 503, and nothing is half stored', async (t) => {
  await s3.stop()
  const refused = await uploadFile(node, store, { name: 'a.txt', bytes: 'x' })
  t.equal(refused.status, 503)
  const states = await database.query(`select from chat_file where state = 'deleting'`)
  t.equal(states.length, 1, 'the row says what to sweep')
  await s3.start()
  await database.query(`update chat_file set updated = now() - interval '2 hours' where state = 'deleting'`)
  t.equal(await sweepFiles(node.app.files), 1)
  t.equal((await uploadFile(node, store, { name: 'a.txt', bytes: 'x' })).status, 200)
})

t.test('a wrong key is a 503 as well', async (t) => {
  const { s3: settings } = s3.files
  if (settings === undefined) throw new Error('There is a bucket')
  const files = { ...s3.files, s3: { ...settings, secretAccessKey: 'wrong' } }
  const other = await startNode(t, { database, config: { files } })
  t.equal((await uploadFile(other, store, { name: 'a.txt', bytes: 'x' })).status, 503)
})
