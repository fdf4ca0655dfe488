import t from 'tap'
import { createChatClient } from '../support/chat/chat-client.js'
import { nowInSeconds, SECRET, sign } from '../support/platform/jwt.js'
import { startNodes } from '../support/nodes/node.js'
import { captureStatements } from '../support/databases/statements.js'

const platformToken = 'platform-token-for-tests'
const nodes = await startNodes(t, 2, { config: { platformToken, jwt: { algorithms: ['HS256'], secrets: [SECRET] } } })
const [here, there] = nodes.map(createChatClient)
if (here === undefined || there === undefined) throw new Error('Two nodes were asked for')
const { node } = here
const { database } = node
const readStore = async (id: number) =>
  (await database.query('select name, logo_url, email from store where id = $1', [id]))[0]
const nameOf = async (token: string) => (await here.get('me/', { token })).body.name
const put = (path: string, body: object) => node.put(`/v1/chat/platform/${path}/`, { token: platformToken, body })

t.test('an unknown account is made from the claims, once, however many requests race', async (t) => {
  const profile = { name: 'Tech Store', logo_url: 'https://a.example/l.png', email: 'hello@example.com' }
  const tokens = await Promise.all(
    Array.from({ length: 10 }, (_, place) => sign({ sub: 'store:1', ...profile, jti: String(place) })),
  )
  const answers = await Promise.all(
    tokens.flatMap((token) => [here, there, here, there].map((chat) => chat.get('store/session/', { token }))),
  )
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]))
  t.equal(new Set(answers.map(({ body }) => body.id)).size, 1, 'one session')
  t.same(await database.query('select id, name, logo_url, email from store'), [{ id: '1', ...profile }])
})

t.test('a new admin is an agent, whatever the JWT claims, and is not told what happened before it', async (t) => {
  const store = { token: await sign({ sub: 'store:1' }) }
  await here.post('store/message/', store, { content: 'before' })
  const admin = { token: await sign({ sub: 'admin:1', name: 'Ann', role: 'supervisor' }) }
  t.match((await here.get('me/', admin)).body, { name: 'Ann', role: 'agent' })
  t.equal((await here.get('admin/notifications/count/', admin)).body.data.count, 0)
  await here.post('store/message/', store, { content: 'after' })
  t.equal((await here.get('admin/notifications/count/', admin)).body.data.count, 1)
})

t.test('changed names follow; what is left out or no valid value stays', async (t) => {
  await nameOf(await sign({ sub: 'store:2', name: 'Before', email: 'a@example.com' }))
  t.equal(await nameOf(await sign({ sub: 'store:2', name: 'After' })), 'After')
  t.match(await readStore(2), { name: 'After', email: 'a@example.com' })
  const bad = { name: 'x'.repeat(201), logo_url: 'javascript:alert(1)', email: 5 }
  t.equal(await nameOf(await sign({ sub: 'store:2', ...bad })), 'After')
  t.equal(await nameOf(await sign({ sub: 'store:2', name: 'a\0b' })), 'After')
  t.match(await readStore(2), { name: 'After', logo_url: '', email: 'a@example.com' })
  t.equal(await nameOf(await sign({ sub: 'store:3', ...bad })), 'Store 3', 'a name that is made up for want of one')
  t.equal(await nameOf(await sign({ sub: 'admin:3', name: '  ' })), 'Admin 3')
})

t.test('a JWT that was issued earlier does not bring an old name back, nor does one after a PUT', async (t) => {
  const iat = nowInSeconds()
  const [older, newer] = [
    await sign({ sub: 'admin:4', name: 'Old', iat: iat - 60 }),
    await sign({ sub: 'admin:4', name: 'New' }),
  ]
  t.equal(await nameOf(older), 'Old')
  t.equal(await nameOf(newer), 'New')
  t.equal((await there.get('me/', { token: older })).body.name, 'New', 'first seen there')
  t.equal(await nameOf(await sign({ sub: 'admin:4', name: 'Undated', iat: undefined })), 'New')
  await put('admins/4', { name: 'Put' })
  t.equal(await nameOf(await sign({ sub: 'admin:4', name: 'Old', iat: iat - 30 })), 'Put')
  t.equal(await nameOf(await sign({ sub: 'admin:4', name: 'Newest' })), 'Newest')
})

t.test('what is known costs no statement beyond those of a token', async (t) => {
  const token = await sign({ sub: 'store:1' })
  await here.get('store/session/', { token })
  const statements = captureStatements(t)
  for (let count = 0; count < 10; count++) await here.get('store/session/', { token })
  const own = statements.filter(({ text }) => !text.includes('revoked_at > since.moment'))
  t.equal(own.filter(({ text }) => text.includes('from store where')).length, 0)
  t.equal(statements.filter(({ text }) => /insert into (store|admin)/.test(text)).length, 0, 'nothing is written')
})
