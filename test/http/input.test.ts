import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { exchangeRaw, type RawAnswer } from '../support/clients/raw-http.js'

const node = await startNode(t)
const store = await addStore(node.database)

/** Sends a body of any bytes, and of any type. */
function post(t: Parameters<typeof exchangeRaw>[0], headers: string[], body: string | Buffer, path = 'store/message/') {
  const bytes = Buffer.from(body)
  const isChunked = headers.some((header) => /^transfer-encoding/i.test(header))
  const lines = [
    `POST /v1/chat/${path} HTTP/1.1`,
    'Host: chat.test',
    `Authorization: Token ${store.token}`,
    ...(isChunked ? [] : [`Content-Length: ${bytes.length}`]),
    ...headers,
  ]
  return exchangeRaw(t, node, Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]))
}
const json = 'Content-Type: application/json'
const valid = JSON.stringify({ content: 'wörld' })
const read = (answer: RawAnswer | undefined) =>
  JSON.parse(answer?.text ?? '{}') as { success?: boolean; message?: { content: string } | string }

function expectRefusal(t: Test, answer: RawAnswer | undefined, status: number, what: string): void {
  t.equal(answer?.status, status, what)
  t.match(read(answer), { success: false, message: String }, what)
}

t.test('a body of bytes that are not UTF-8 is 400, and nothing is stored', async (t) => {
  for (const bad of ['c3', 'ff', 'c328', 'e28228', 'f0288cbc', 'eda080', 'c080', 'f4908080']) {
    const body = Buffer.concat([Buffer.from('{"content":"a'), Buffer.from(bad, 'hex'), Buffer.from('"}')])
    expectRefusal(t, await post(t, [json], body), 400, bad)
  }
  t.same(await node.database.query('select id from chat_message'), [])
  t.equal((await post(t, [json], Buffer.from(valid, 'utf16le')))?.status, 400, 'UTF-16')
})

t.test('a query whose bytes are not UTF-8 is 400 where it is read', async (t) => {
  for (const bad of ['%ff', '%c3', '%zz', '%', 'a%E0%A4%A']) {
    const { status, body } = await node.get(`/v1/chat/store/messages/?cursor=${bad}`, store)
    t.equal(status, 400, bad)
    t.match(body.errors, [{ field: 'query' }])
    t.equal((await node.get(`/v1/chat/store/session/?cursor=${bad}`, store)).status, 200, 'this route reads none')
  }
  t.equal((await node.get('/v1/chat/store/messages/?cursor=%C3%A9', store)).status, 200)
})

t.test('JSON is UTF-8 without a content coding, whatever its case and quotes', async (t) => {
  for (const type of [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=utf8',
    'application/json; profile=a; charset=Utf-8',
  ]) {
    t.equal((await post(t, [`Content-Type: ${type}`], valid))?.status, 200, type)
  }
  for (const charset of ['latin1', 'iso-8859-1', 'utf-16', 'UTF-7', '"windows-1252"', 'x']) {
    const answer = await post(t, [`Content-Type: application/json; charset=${charset}`], valid)
    expectRefusal(t, answer, 415, charset)
  }
  t.equal((await post(t, [json, 'Content-Encoding: identity'], valid))?.status, 200)
  for (const coding of ['gzip', 'deflate', 'br', 'x', 'gzip, identity']) {
    expectRefusal(t, await post(t, [json, `Content-Encoding: ${coding}`], gzipSync(valid)), 415, coding)
  }
  const { message } = read(await post(t, [json], `\ufeff${valid}`))
  t.match(message, { content: 'wörld' }, 'a byte order mark is ignored')
})

t.test('an empty body is no body, whatever its type', async (t) => {
  const types = [
    ...['application/json', 'text/plain', 'text/xml', 'application/x-www-form-urlencoded', 'multipart/form-data'],
    ...['application/octet-stream', 'application/json; charset=latin1', 'x', '/', '', '*/*'],
  ]
  for (const type of types) {
    await node.get('/v1/chat/store/session/', store)
    t.equal((await post(t, [`Content-Type: ${type}`], '', 'store/close/'))?.status, 200, type)
    expectRefusal(t, await post(t, [`Content-Type: ${type}`], ''), 400, `${type} where a body is needed`)
  }
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
    await node.get('/v1/chat/store/session/', store)
    const headers = [`Content-Type: ${type}`, 'Transfer-Encoding: chunked']
    t.equal((await post(t, headers, '0\r\n\r\n', 'store/close/'))?.status, 200, `${type} in chunks`)
  }
  await node.get('/v1/chat/store/session/', store)
  t.equal((await post(t, [], '', 'store/close/'))?.status, 200, 'no type')
})

t.test('a body of another type is 415, also where none is needed', async (t) => {
  for (const type of ['text/plain', 'text/xml', 'application/x-www-form-urlencoded', 'application/octet-stream', 'x']) {
    for (const path of ['store/message/', 'store/close/']) {
      expectRefusal(t, await post(t, [`Content-Type: ${type}`], valid, path), 415, `${type} ${path}`)
    }
  }
  expectRefusal(t, await post(t, [], valid), 415, 'no type')
  expectRefusal(
    t,
    await post(t, ['Content-Type: text/xml', 'Transfer-Encoding: chunked'], '1\r\na\r\n0\r\n\r\n'),
    415,
    'chunks',
  )
})

t.test('a request whose end two headers tell differently is refused in the standard body', async (t) => {
  const chunked = 'Transfer-Encoding: chunked'
  for (const headers of [
    ['Content-Length: 3'],
    ['Content-Length: 17', chunked],
    ['Content-Length: 17, 17'],
    ['Transfer-Encoding: gzip, chunked', 'Content-Length: 17'],
    ['Transfer-Encoding: chunked, gzip'],
  ]) {
    const head = ['POST /v1/chat/store/message/ HTTP/1.1', 'Host: a', `Authorization: Token ${store.token}`, json]
    const length = headers[0] === 'Content-Length: 3' ? ['Content-Length: 17'] : []
    const bytes = [...head, ...length, ...headers, '', valid].join('\r\n')
    expectRefusal(t, await exchangeRaw(t, node, bytes), 400, headers.join(' '))
  }
})

t.test('JSON that has broken other programs is 400 or harmless', async (t) => {
  const bodies = [
    '{"content":"a","__proto__":{"isPolluted":true}}',
    '{"content":"a","constructor":{"prototype":{"isPolluted":true}}}',
    '{"__proto__":null}',
    `{"content":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    '['.repeat(100_000),
    '{"content":1e400}',
    '{"content":"a","client_message_id":-0}',
    `{"content":"a","x":${'9'.repeat(10_000)}`,
    '{"content":"\\ud800"}',
    '\ufeff\ufeff{}',
  ]
  for (const body of bodies) expectRefusal(t, await post(t, [json], body), 400, body.slice(0, 60))
  t.notOk('isPolluted' in {})
  for (const id of ['1e400', '-1e400', '-0', '0.5', '1e-5', '9007199254740993', '"1"', '[1]', '1e999999999']) {
    expectRefusal(t, await post(t, [json], `{"session_id":${id}}`, 'message/read/'), 400, id)
  }
  const { body } = await node.get('/v1/chat/store/session/', store)
  t.match(await post(t, [json], `{"session_id":${body.id}.0}`, 'message/read/'), { status: 200 }, '1.0 is an integer')
})

t.test('a GET may have a body that nobody reads', async (t) => {
  for (const headers of [
    { 'content-type': 'application/json' },
    { 'content-type': 'text/xml' },
    { 'content-type': 'x' },
  ]) {
    const answer = await node.get('/v1/chat/store/session/', {
      ...store,
      headers: { ...headers, 'content-length': '1' },
      body: '{',
    })
    t.equal(answer.status, 200)
  }
})

t.test('a request without a Host is refused in the standard body', async (t) => {
  const answer = await exchangeRaw(t, node, 'GET /health/live/ HTTP/1.1\r\n\r\n')
  expectRefusal(t, answer, 400, 'HTTP/1.1')
  t.ok(answer?.headers['x-request-id'])
  t.match(await exchangeRaw(t, node, 'GET /health/live/ HTTP/1.0\r\n\r\n'), { status: 200 })
})

t.test('a URL that is too long is refused in the standard body', async (t) => {
  t.equal((await node.get(`/v1/chat/store/messages/?x=${'a'.repeat(15_000)}`, store)).status, 200)
  t.equal((await node.get(`/v1/chat/store/messages/?x=${'a'.repeat(20_000)}`, store)).status, 431)
  t.equal((await node.get(`/v1/chat/store/messages/?${'limit=1&'.repeat(1500)}`, store)).status, 400)
})
