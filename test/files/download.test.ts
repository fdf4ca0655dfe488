import { rm } from 'node:fs/promises'
import t from 'tap'
import { describeError } from '../../src/errors/describe-error.js'
import { createDisposition } from '../../src/files/downloads/content-disposition.js'
import { addStore } from '../support/chat/accounts.js'
import { createAnswerCheck } from '../support/chat/chat-client.js'
import { startNode } from '../support/nodes/node.js'
import { createJpeg } from '../support/files/pictures.js'
import { download, storeFile } from '../support/files/uploads.js'

const node = await startNode(t)
const check = createAnswerCheck(node)
const store = await addStore(node.database)
const url = await storeFile(node, store, { name: 'a.txt', bytes: '0123456789' })

t.test('a file comes with what keeps a browser from running it', async (t) => {
  const { status, headers, bytes } = await download(url)
  t.equal(status, 200)
  t.equal(String(bytes), '0123456789')
  t.match(Object.fromEntries(headers), {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': '10',
    'content-disposition': `attachment; filename="a.txt"; filename*=UTF-8''a.txt`,
    'accept-ranges': 'bytes',
    'cache-control': /^private, max-age=\d+, immutable$/,
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
    etag: /^"[\w-]{43}"$/,
  })
})

t.test('a header stays small, whatever the name, and keeps its ending', async (t) => {
  const names = [
    '\u7532'.repeat(980) + '.txt',
    'x'.repeat(980) + '.txt',
    '\u{1f600}'.repeat(490) + '.txt',
    '\u7532'.repeat(330),
  ]
  for (const name of names) {
    const header = createDisposition('attachment', name)
    t.ok(header.length < 1400, `${header.length} characters`)
    const shown = decodeURIComponent(header.split("UTF-8''")[1] ?? '')
    t.ok(shown.length > 80 && shown.length <= 255, `${shown.length} characters of a name`)
    t.ok(shown.isWellFormed() && name.startsWith(shown.replace(/\.txt$/, '')))
    t.equal(shown.endsWith('.txt'), name.endsWith('.txt'))
  }
  const { headers } = await download(await storeFile(node, store, { name: names[0] ?? '', bytes: 'x' }))
  t.match(headers.get('content-disposition'), /%E7%94%B2\.txt$/)
})

t.test('pictures and PDFs are shown in place', async (t) => {
  for (const [name, bytes] of [
    ['a.jpg', createJpeg()],
    ['a.pdf', '%PDF-1.7'],
  ] as const) {
    const { headers } = await download(await storeFile(node, store, { name, bytes }))
    t.match(headers.get('content-disposition'), /^inline; /)
  }
})

t.test('ranges', async (t) => {
  const ranges: [string, number, string, string?][] = [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=-20', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=9-100', 206, '9', 'bytes 9-9/10'],
    ['bytes=3-2', 200, '0123456789'],
    ['bytes=0-1,4-5', 200, '0123456789'],
    ['lines=0-1', 200, '0123456789'],
    ['bytes=-', 200, '0123456789'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
  ]
  for (const [range, expected, text, contentRange] of ranges) {
    const { status, headers, bytes } = await download(url, { range })
    t.equal(status, expected, range)
    t.equal(headers.get('content-range'), contentRange ?? null, range)
    if (status === 416) t.match(JSON.parse(String(bytes)), { success: false })
    else t.equal(String(bytes), text, range)
  }
  t.equal((await download(url, { range: 'bytes=0-1', 'if-range': '"other"' })).status, 200)
})

t.test('what a client has already is not sent again', async (t) => {
  const etag = (await download(url)).headers.get('etag') ?? ''
  for (const tag of [etag, `"x", W/${etag}`, '*']) {
    const { status, bytes } = await download(url, { 'if-none-match': tag })
    t.equal(status, 304)
    t.equal(bytes.length, 0)
  }
  t.equal((await download(url, { 'if-none-match': '"x"' })).status, 200)
})

t.test('HEAD tells of the file without it', async (t) => {
  const answer = await node.request('HEAD', new URL(url).pathname)
  t.equal(answer.status, 200)
  t.equal(answer.headers['content-length'], '10')
  t.equal(answer.text, '')
})

t.test('an unknown address is a 404 in the standard body', async (t) => {
  const id = url.split('/').at(-2) ?? ''
  const paths = [
    '/v1/chat/files/x/a.txt',
    `/v1/chat/files/${'x'.repeat(22)}/a.txt`,
    `/v1/chat/files/${id.slice(0, 21)}*/a.txt`,
    `/v1/chat/files/${'x'.repeat(5000)}/${'a'.repeat(5000)}.txt`,
    '/v1/chat/files/%00/a.txt',
    '/v1/chat/files/..%2f..%2fetc%2fpasswd/a.txt',
  ]
  for (const path of paths) {
    const answer = await node.get(path)
    t.equal(answer.status, 404, path)
    check('GET', '/v1/chat/files/{id}/{name}/', answer)
    t.equal(answer.headers['cache-control'], 'no-store')
  }
  const undecodable = await node.get('/v1/chat/files/%FF/a.txt')
  t.equal(undecodable.status, 400)
  check('GET', '/v1/chat/files/{id}/{name}/', undecodable)
  for (const state of ['pending', 'deleting']) {
    await node.database.query(`update chat_file set state = $1::file_state where id = $2`, [state, id])
    t.equal((await download(url)).status, 404, state)
  }
  await node.database.query(`update chat_file set state = 'stored' where id = $1`, [id])
})

t.test('storage that is away is a 503, for downloads and for uploads, and leaves nothing', async (t) => {
  const { folder } = node.app.files.config
  const warnings = t.capture(node.app.log, 'warn')
  await rm(folder, { recursive: true })
  const answer = await node.get(new URL(url).pathname)
  const logged = warnings().map(({ args }) => describeError((args[0] as { err: unknown }).err))
  t.match(logged, [{ code: 'ENOENT', stack: /ENOENT/ }])
  t.notMatch(JSON.stringify(logged), url.split('/').at(-2), 'whoever reads the log cannot read the file')
  t.equal(answer.status, 503)
  t.equal(answer.headers.etag, undefined)
  t.equal(answer.headers['cache-control'], 'no-store')
})
