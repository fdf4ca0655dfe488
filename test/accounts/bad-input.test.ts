import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'

const token = 'platform-token-for-tests'
const node = await startNode(t, { config: { platformToken: token } })
const { database } = node
const at = (path: string) => `/v1/chat/platform/${path}`
const name = 'Tech Store'

t.test('an id is an integer from 1 to 2^53 - 1', async (t) => {
  for (const id of ['0', '-1', '9007199254740992', '99999999999999999999', 'abc', '1.5', '5x', '5,6', '%00', '%20']) {
    for (const room of ['stores', 'admins']) {
      const { status, body } = await node.put(at(`${room}/${id}/`), { token, body: { name } })
      t.equal(status, 400, `${room} ${id}`)
      t.match(body.errors, [{ field: 'id' }])
    }
    t.equal((await node.delete(at(`tokens/${id}/`), { token })).status, 400, `tokens ${id}`)
    t.equal((await node.get(at(`tokens/?store_id=${id}`), { token })).status, 400, `?store_id=${id}`)
  }
  for (const id of [1, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1]) {
    t.equal((await node.put(at(`stores/${id}/`), { token, body: { name } })).body.id, id)
    const issued = await node.post(at('tokens/'), { token, body: { store_id: id } })
    t.equal(issued.body.store_id, id)
    t.equal((await node.get('/v1/chat/store/session/', issued.body)).body.store_id, id)
  }
})

t.test('an integer of a path or a query is written in decimal digits', async (t) => {
  const { id, token: storeToken } = await addStore(database)
  await node.get('/v1/chat/store/session/', { token: storeToken })
  const written = [
    '0x10',
    '1e3',
    '+7',
    ' 7',
    '7 ',
    '7.0',
    '7.',
    '347.9999999999999999',
    '0b1',
    '٧',
    '７',
    '1_0',
    'true',
  ]
  for (const text of [...written, '7'.repeat(4000), '', '[7]']) {
    const encoded = encodeURIComponent(text)
    const refusal = { status: 400, body: { errors: [{ field: String }] } }
    if (text !== '') {
      const byPath = await node.put(at(`stores/${encoded}/`), { token, body: { name } })
      t.match(byPath, { ...refusal, body: { errors: [{ field: 'id' }] } }, `path ${text}`)
    }
    for (const field of ['store_id', 'limit', 'after']) {
      const byQuery = await node.get(at(`tokens/?${field}=${encoded}`), { token })
      t.match(byQuery, { ...refusal, body: { errors: [{ field }] } }, `${field} ${text}`)
    }
    const ofStore = await node.get(`/v1/chat/store/messages/?before=${encoded}`, { token: storeToken })
    t.match(ofStore, { ...refusal, body: { errors: [{ field: 'before' }] } }, `before ${text}`)
  }
  t.match((await node.get(at(`tokens/?store_id=${id}&limit=1&after=0`), { token })).body, { data: [{ store_id: id }] })
  t.match(await node.get('/v1/chat/store/messages/?limit=200', { token: storeToken }), { status: 200 })
})

t.test('an id in a body is a JSON number', async (t) => {
  for (const id of [0, -1, 2 ** 53, 1.5, '5', 'abc', null, [5], {}, true]) {
    for (const field of ['store_id', 'admin_id']) {
      t.equal(
        (await node.post(at('tokens/'), { token, body: { [field]: id } })).status,
        400,
        `${field} ${JSON.stringify(id)}`,
      )
    }
  }
  const { id } = await addStore(database)
  for (const body of [{}, { store_id: id, admin_id: 1 }]) {
    t.equal((await node.post(at('tokens/'), { token, body })).status, 400, 'exactly one owner')
  }
})

t.test('what does not exist is 404', async (t) => {
  for (const body of [{ store_id: 2 ** 40 }, { admin_id: 2 ** 40 }]) {
    t.equal((await node.post(at('tokens/'), { token, body })).status, 404)
  }
  t.equal((await node.delete(at(`tokens/${2 ** 40}/`), { token })).status, 404)
})

t.test('text that PostgreSQL cannot hold is refused, and so is text that says nothing or too much', async (t) => {
  const names: unknown[] = ['a\0b', '\ud800', 'a\udc00', '', '   ', '\n\t', 'x'.repeat(201), 5, null, ['a'], {}, true]
  for (const bad of names) {
    for (const path of ['stores/8/', 'admins/8/']) {
      const { status, body } = await node.put(at(path), { token, body: { name: bad } })
      t.equal(status, 400, JSON.stringify(bad))
      t.match(body.errors, [{ field: 'name' }])
    }
  }
  for (const bad of ['a\0@b', '\ud83d', 'x'.repeat(321), 5]) {
    const { status, body } = await node.put(at('stores/8/'), { token, body: { name, email: bad } })
    t.equal(status, 400, JSON.stringify(bad))
    t.match(body.errors, [{ field: 'email' }])
  }
  const long = `https://example.com/${'x'.repeat(2048)}`
  for (const bad of [
    'nonsense',
    'javascript:alert(1)',
    'ftp://example.com/',
    'https://a b/',
    'https://a/\0',
    long,
    5,
  ]) {
    const { status, body } = await node.put(at('stores/8/'), { token, body: { name, logo_url: bad } })
    t.equal(status, 400, JSON.stringify(bad))
    t.match(body.errors, [{ field: 'logo_url' }])
  }
  t.same(await database.query('select id from store where id = 8'), [])
})

t.test('every text that can be held comes back as it was', async (t) => {
  for (const good of ['世界', '👩‍👩‍👧', '\u200f', "Robert'); drop table store;--", '<script>', '\u{10ffff}', 'é']) {
    const { status, body } = await node.put(at('stores/9/'), { token, body: { name: good } })
    t.equal(status, 200, good)
    t.equal(body.name, good)
  }
})

t.test('a life is a whole number with a unit, ten years at most', async (t) => {
  const { id } = await addStore(database)
  for (const expires of ['', '30', 'd', '0d', '-1d', '1.5d', '30 d', '3651d', '999999999d', '1y', 30, null]) {
    const { status, body } = await node.post(at('tokens/'), { token, body: { store_id: id, expires } })
    t.equal(status, 400, JSON.stringify(expires))
    t.match(body.errors, [{ field: 'expires' }])
  }
  for (const expires of ['1s', '90m', '12h', '3650d']) {
    t.equal((await node.post(at('tokens/'), { token, body: { store_id: id, expires } })).status, 200, expires)
  }
})

t.test('a body is JSON, an object, and not too large', async (t) => {
  const put = (body: string, headers = {}) => node.put(at('stores/8/'), { token, body, headers })
  for (const malformed of ['{', '{"name": }', 'name=x', '\0', '"', '{"name":"a"}{"name":"b"}', '\ufffe']) {
    t.equal((await put(malformed)).status, 400, malformed)
  }
  for (const other of ['[]', '"text"', '5', 'null', 'true', '{}', '']) t.equal((await put(other)).status, 400, other)
  for (const type of ['application/xml', 'multipart/form-data', 'application/x-www-form-urlencoded', '/']) {
    t.equal((await put('{"name":"a"}', { 'content-type': type })).status, 415, type)
  }
  t.equal((await put(JSON.stringify({ name, more: 'x'.repeat(1024 * 1024) }))).status, 413, '1 MB')
  const deep = '{"name":'.repeat(10_000) + '1' + '}'.repeat(10_000)
  t.equal((await put(deep)).status, 400, 'deep')
  t.equal((await put('{"name":"a","__proto__":{"x":1}}')).status, 400, 'a prototype')
  t.same(await database.query('select id from store where id = 8'), [])
})

t.test('plain text is not JSON', async (t) => {
  const headers = { 'content-type': 'text/plain' }
  t.equal((await node.put(at('stores/8/'), { token, body: '{"name":"a"}', headers })).status, 415)
})

t.test('a list has a page size from 1 to 200', async (t) => {
  for (const query of [
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=abc',
    'limit=',
    'after=-1',
    'after=x',
    'limit=1&limit=2',
  ]) {
    t.equal((await node.get(at(`tokens/?${query}`), { token })).status, 400, query)
  }
})
