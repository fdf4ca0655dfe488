import t from 'tap'
import { createHash } from 'node:crypto'
import { addMessages } from '../support/chat/sessions.js'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'

const token = 'platform-token-for-tests'
const node = await startNode(t, { config: { platformToken: token } })
const { database } = node
const at = (path: string) => `/v1/chat/platform/${path}`
const tech = { name: 'Tech Store', logo_url: 'https://example.com/logo.png', email: 'hello@example.com' }

t.test('the platform creates a store under its own id, and replaces it', async (t) => {
  const created = await node.put(at('stores/5/'), { token, body: tech })
  t.equal(created.status, 200)
  t.strictSame(created.body, { id: 5, ...tech, active: true })
  const replaced = await node.put(at('stores/5/'), { token, body: { name: 'Other' } })
  t.strictSame(replaced.body, { id: 5, name: 'Other', logo_url: '', email: '', active: true })
})

t.test('the platform creates an admin under its own id, and renames it', async (t) => {
  const access = { role: 'agent', active: true }
  t.strictSame((await node.put(at('admins/2/'), { token, body: { name: 'Ann' } })).body, {
    id: 2,
    name: 'Ann',
    ...access,
  })
  t.strictSame((await node.put(at('admins/2'), { token, body: { name: 'Bea' } })).body, {
    id: 2,
    name: 'Bea',
    ...access,
  })
})

t.test('a new admin is not told what happened before it', async (t) => {
  const store = await addStore(database)
  const { body: session } = await node.get('/v1/chat/store/session/', store)
  const [messageId] = await addMessages(database, session.id, [{ content: 'long ago' }])
  const readMark = async () =>
    Number((await database.query('select notifications_read_up_to as mark from admin where id = 3'))[0]?.['mark'])
  await node.put(at('admins/3/'), { token, body: { name: 'Cem' } })
  t.equal(await readMark(), messageId)
  await addMessages(database, session.id, [{ content: 'new' }])
  await node.put(at('admins/3/'), { token, body: { name: 'Cem II' } })
  t.equal(await readMark(), messageId, 'renaming it marks nothing read')
})

t.test('a token is shown once, works, is listed, and is revoked for good', async (t) => {
  await node.put(at('stores/6/'), { token, body: tech })
  const issued = await node.post(at('tokens/'), { token, body: { store_id: 6, expires: '30d' } })
  t.equal(issued.status, 200)
  t.match(issued.body, { store_id: 6, admin_id: null, revoked_at: null, last_used_at: null, token: /^sct_[\w-]{43}$/ })
  const lifeMs = Date.parse(issued.body.expires_at) - Date.parse(issued.body.created)
  t.ok(Math.abs(lifeMs - 30 * 86_400_000) < 60_000)
  t.equal((await node.get('/v1/chat/store/session/', issued.body)).status, 200)

  const { token: secret, ...known } = issued.body
  const listed = await node.get(at('tokens/?store_id=6'), { token })
  t.match(listed.body, { data: [{ ...known, last_used_at: undefined }] })
  t.notMatch(listed.text, secret)
  const rows = await database.query<{ hash: Buffer }>('select hash from access_token where id = $1', [known.id])
  t.same(rows[0]?.hash, createHash('sha256').update(secret).digest(), 'only its SHA-256 is stored')

  const revoked = await node.delete(at(`tokens/${known.id}/`), { token })
  t.equal(revoked.status, 200)
  t.equal((await node.get('/v1/chat/store/session/', issued.body)).status, 401)
  const again = await node.delete(at(`tokens/${known.id}/`), { token })
  t.equal(again.body.revoked_at, revoked.body.revoked_at, 'a second time changes nothing')
})

t.test('tokens are listed page by page, of one account or of all', async (t) => {
  const admin = await addAdmin(database)
  for (let count = 0; count < 4; count++) await node.post(at('tokens/'), { token, body: { admin_id: admin.id } })
  const list = async (query: string) => {
    const { body } = await node.get(at(`tokens/?${query}`), { token })
    return body.data.map(({ id }: { id: number }) => id) as number[]
  }
  const all = await list(`admin_id=${admin.id}`)
  t.equal(all.length, 5)
  const first = await list(`admin_id=${admin.id}&limit=2`)
  const rest = await list(`admin_id=${admin.id}&limit=200&after=${first[1]}`)
  t.same([...first, ...rest], all)
  t.ok((await list('')).length > 5)
})

t.test("only the platform's own token opens its routes", async (t) => {
  const [store, admin] = await Promise.all([addStore(database), addAdmin(database)])
  for (const wrong of [undefined, '', 'x', `${token}x`, store.token, admin.token]) {
    const options = { ...(wrong !== undefined && { token: wrong }), body: tech }
    const { status, text, headers } = await node.put(at('stores/7/'), options)
    t.equal(status, 401)
    t.equal(text, '{"success":false,"message":"Unauthorized"}')
    t.equal(headers['www-authenticate'], 'Token')
  }
  t.same(await database.query('select id from store where id = 7'), [])
  t.equal((await node.get('/v1/chat/store/session/', { token })).status, 401, 'and it opens no other')
})

t.test('without PLATFORM_TOKEN there are no such routes', async (t) => {
  const without = await startNode(t, { database })
  for (const method of ['PUT', 'GET']) {
    t.equal((await without.request(method, at('stores/5/'), { token, body: tech })).status, 404)
  }
})
