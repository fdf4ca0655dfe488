import t from 'tap'
import { changeAccess } from '../../src/accounts/account-access.js'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createAnswerCheck, createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { nowInSeconds, SECRET, sign } from '../support/platform/jwt.js'
import { startNode } from '../support/nodes/node.js'
import { enter } from '../support/clients/socket-client.js'
import { until } from '../../harness/until.js'

const [token, nextToken] = ['platform-token-for-tests', 'the-next-platform-token']
const node = await startNode(t, {
  config: { platformToken: `${token}, ${nextToken}`, jwt: { algorithms: ['HS256'], secrets: [SECRET] } },
})
const chat = createChatClient(node)
const check = createAnswerCheck(node)
const { database } = node

async function call(method: string, path: string, body?: object, options: { query?: string; token?: string } = {}) {
  const answer = await node.request(method, `/v1/chat/platform/${path}/${options.query ?? ''}`, {
    token,
    body,
    ...options,
  })
  check(method, `/v1/chat/platform/${path.replace(/\/\d+$/, '/{id}')}/`, answer)
  return answer
}
/** As far ahead as a clock may be. A sign-out of the same second counts as later. */
const signLater = async (sub: string) => ({ token: await sign({ sub, iat: nowInSeconds() + 5 }) })
const statusOf = async (account: { token: string }) => (await chat.get('me/', account)).status

t.test('either token of the platform opens its routes, and no part of the two', async (t) => {
  for (const right of [token, nextToken])
    t.equal((await call('GET', 'stores', undefined, { token: right })).status, 200)
  for (const wrong of [`${token},${nextToken}`, `${token}, ${nextToken}`, token.slice(1), `${nextToken},`]) {
    t.equal((await call('GET', 'stores', undefined, { token: wrong })).status, 401, wrong)
  }
})

t.test('stores and admins are listed page by page, and read one by one', async (t) => {
  for (const id of [501, 502, 503, 504, 505]) {
    await call('PUT', `stores/${id}`, { name: `Store ${id}` })
    await call('PUT', `admins/${id}`, { name: `Admin ${id}`, ...(id === 503 && { role: 'supervisor', active: false }) })
  }
  for (const kind of ['stores', 'admins']) {
    const ids: number[] = []
    let query = '?limit=2'
    for (let cursor: string | null = ''; cursor !== null; query = `?limit=2&cursor=${cursor}`) {
      const { body } = await call('GET', kind, undefined, { query })
      t.ok(body.data.length <= 2)
      ids.push(...body.data.map(({ id }: { id: number }) => id))
      cursor = body.next_cursor
    }
    t.same(ids.slice(-5), [501, 502, 503, 504, 505])
    t.same(
      ids,
      [...new Set(ids)].sort((one, other) => one - other),
      'each once',
    )
    t.equal((await call('GET', `${kind}/506`)).status, 404)
    for (const cursor of ['x', '', Buffer.from('-1').toString('base64url'), 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTA']) {
      t.equal((await call('GET', kind, undefined, { query: `?cursor=${cursor}` })).status, 400, `cursor ${cursor}`)
    }
  }
  t.same((await call('GET', 'stores/501')).body, { id: 501, name: 'Store 501', logo_url: '', email: '', active: true })
  t.same((await call('GET', 'admins/503')).body, { id: 503, name: 'Admin 503', role: 'supervisor', active: false })
})

t.test('what a PUT leaves out of role and active stays as it is', async (t) => {
  t.match((await call('PUT', 'admins/510', { name: 'A', role: 'supervisor' })).body, {
    role: 'supervisor',
    active: true,
  })
  t.match((await call('PUT', 'admins/510', { name: 'B', active: false })).body, { role: 'supervisor', active: false })
  t.match((await call('PUT', 'admins/510', { name: 'C' })).body, { name: 'C', role: 'supervisor', active: false })
  t.match((await call('PUT', 'admins/510', { name: 'C', role: 'agent', active: true })).body, {
    role: 'agent',
    active: true,
  })
  t.match((await call('PUT', 'stores/510', { name: 'S', active: false })).body, { active: false })
  t.match((await call('PUT', 'stores/510', { name: 'S', email: 'a@example.com' })).body, { active: false })
  for (const bad of [{ role: 'owner' }, { role: null }, { active: 'false' }, { active: 0 }]) {
    t.equal((await call('PUT', 'admins/510', { name: 'C', ...bad })).status, 400, JSON.stringify(bad))
  }
})

t.test('a new role holds at once, for sockets that are open as well', async (t) => {
  const { store, admin: holder, sessionId } = await claimConversation(chat)
  await chat.post('store/message/', store, { content: 'hello' })
  const admin = await addAdmin(database)
  const socket = await enter(t, node, 'admin', admin)
  t.match(socket.all('ready'), [{ account: { side: 'admin', id: admin.id, role: 'agent' } }])
  const contents = async () => {
    socket.send('resume', { sessions: { [sessionId]: 0 } })
    const { messages } = await socket.next('sync')
    return messages.map(({ content }: { content: string }) => content) as string[]
  }
  t.same(await contents(), [])
  await call('PUT', `admins/${admin.id}`, { name: 'Ann', role: 'supervisor' })
  await until(async () => (await contents()).length === 1, 5000)
  t.match((await chat.get('me/', admin)).body, { role: 'supervisor' })
  await call('PUT', `admins/${admin.id}`, { name: 'Ann', role: 'agent' })
  await until(async () => (await contents()).length === 0, 5000)
  t.equal((await chat.get('admin/session/', admin, { session_id: sessionId })).status, 403)
  t.equal((await chat.get('admin/session/', holder, { session_id: sessionId })).status, 200)
})

t.test('an admin who is switched off gives its sessions back, each with its event', async (t) => {
  const first = await claimConversation(chat)
  const { admin } = first
  const second = await openConversation(chat)
  await chat.post('admin/session/claim/', admin, { session_id: second.sessionId })
  const { body: closed } = await chat.get('store/session/', await addStore(database))
  await chat.post('admin/session/claim/', admin, { session_id: closed.id })
  await chat.post('admin/close/', admin, { session_id: closed.id })
  const other = await addAdmin(database)
  const [forStore, forOther, own] = [
    await enter(t, node, 'store', first.store),
    await enter(t, node, 'admin', other),
    await enter(t, node, 'admin', admin),
  ]
  t.equal((await call('PUT', `admins/${admin.id}`, { name: 'Ann', active: false })).status, 200)
  t.equal((await own.closed).code, 4001)
  const released = { status: 'open', admin_id: null }
  t.match(await forStore.next('session_update'), { seq: 3, session: released })
  t.match(await forStore.next('admin_disconnected'), { admin_id: admin.id })
  for (const { sessionId } of [first, second]) {
    t.match(await forOther.next('session_update', ({ session }) => session.id === sessionId), {
      seq: 3,
      session: released,
    })
  }
  t.match((await chat.get('admin/session/', other, { session_id: first.sessionId })).body, released)
  const changes = await database.query<{ kind: string; previous: string }>(
    'select kind, previous_admin_id as previous from chat_session_change where seq = 3 and session_id = any($1) order by session_id',
    [[first.sessionId, second.sessionId]],
  )
  t.same(
    changes,
    [1, 2].map(() => ({ kind: 'release', previous: String(admin.id) })),
  )
  const [still] = await database.query('select status, admin_id from chat_session where id = $1', [closed.id])
  t.same(still, { status: 'closed', admin_id: String(admin.id) }, 'what was closed stays closed')
  await until(async () => (await statusOf(admin)) === 401, 5000)
})

t.test('switched on again, new tokens work, and the old ones do not', async (t) => {
  const store = await addStore(database)
  const jwt = { token: await sign({ sub: `store:${store.id}` }) }
  t.same([await statusOf(store), await statusOf(jwt)], [200, 200])
  await call('PUT', `stores/${store.id}`, { name: 'S', active: false })
  await until(async () => (await statusOf(store)) === 401 && (await statusOf(jwt)) === 401, 5000)
  t.equal((await call('POST', 'tokens', { store_id: store.id })).status, 409, 'it gets no token meanwhile')
  t.equal(await statusOf({ token: await sign({ sub: `store:${store.id}`, iat: undefined }) }), 401, 'nor a JWT')
  await call('PUT', `stores/${store.id}`, { name: 'S', active: true })
  const { body: issued } = await call('POST', 'tokens', { store_id: store.id })
  await until(async () => (await statusOf(issued)) === 200, 5000)
  await until(async () => (await statusOf(await signLater(`store:${store.id}`))) === 200, 5000)
  t.same([await statusOf(store), await statusOf(jwt)], [401, 401])
})

t.test('a clock that is ahead carries no JWT past a sign-out', async (t) => {
  const admin = await addAdmin(database)
  const sub = `admin:${admin.id}`
  // As far ahead as clocks may be; the whole seconds of `iat` cost a part of one.
  const ahead = [1, 2, 3, 4].map(async (seconds) => ({ token: await sign({ sub, iat: nowInSeconds() + seconds }) }))
  const [seen, ...unseen] = await Promise.all(ahead)
  t.equal(await statusOf(seen ?? admin), 200)
  t.equal((await call('POST', 'accounts/sign-out', { admin_id: admin.id })).status, 200)
  await until(async () => (await statusOf(seen ?? admin)) === 401, 5000)
  for (const jwt of unseen) t.equal(await statusOf(jwt), 401)
  await until(async () => (await statusOf(await signLater(sub))) === 200, 5000, 'one that is surely later')
  for (const jwt of unseen) t.equal(await statusOf(jwt), 401, 'for good')
})

t.test('a sign-out ends what was issued before, of that account alone', async (t) => {
  const [store, admin] = [await addStore(database), await addAdmin(database)]
  const jwts = await Promise.all(
    [{}, { iat: undefined }].map(async (claims) => ({ token: await sign({ sub: `admin:${admin.id}`, ...claims }) })),
  )
  for (const account of [store, admin, ...jwts]) t.equal(await statusOf(account), 200)
  t.equal((await call('POST', 'accounts/sign-out', { admin_id: admin.id })).status, 200)
  for (const account of [admin, ...jwts]) await until(async () => (await statusOf(account)) === 401, 5000)
  t.equal(await statusOf(store), 200)
  await until(async () => (await statusOf(await signLater(`admin:${admin.id}`))) === 200, 5000)
  t.equal((await call('POST', 'tokens', { admin_id: admin.id })).status, 200, 'it is active')
  for (const body of [{}, { admin_id: admin.id, store_id: store.id }, { admin_id: 'x' }]) {
    t.equal((await call('POST', 'accounts/sign-out', body)).status, 400, JSON.stringify(body))
  }
  t.equal((await call('POST', 'accounts/sign-out', { store_id: 2 ** 40 })).status, 404)
})

t.test('what is under way when an admin is switched off neither gives it a session nor a token', async (t) => {
  const admin = await addAdmin(database)
  const { admin: holder, sessionId } = await claimConversation(chat)
  const { sessionId: openId } = await openConversation(chat)
  let acts: Promise<{ status: number }>[] = []
  // The row is held as by a switching off that is not committed yet.
  await node.app.db.prisma.$transaction(async (tx) => {
    await changeAccess(tx, { side: 'admin', id: admin.id }, { active: false })
    acts = [
      chat.post('admin/session/claim/', admin, { session_id: openId }),
      chat.post('admin/session/transfer/', holder, { session_id: sessionId, admin_id: admin.id }),
      call('POST', 'tokens', { admin_id: admin.id }),
    ]
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await until(async () => (await database.query(waiting)).length === 3, 5000)
  })
  t.same(
    (await Promise.all(acts)).map(({ status }) => status),
    [401, 409, 409],
  )
  t.same(await database.query('select id from chat_session where admin_id = $1', [admin.id]), [])
})

t.test('guesses at the platform token from one address are limited, the platform itself is not', async (t) => {
  const limits = { requests: { perSecond: 0, burst: 0 }, messages: { perSecond: 0, burst: 0 }, failedAuthPerMinute: 2 }
  const limited = await startNode(t, { database, config: { platformToken: token, limits, trustProxy: ['127.0.0.1'] } })
  const from = async (address: string, guess: string) =>
    (await limited.get('/v1/chat/platform/stores/', { token: guess, headers: { 'x-forwarded-for': address } })).status
  t.equal(await from('192.0.2.1', token), 200)
  for (let count = 0; count < 2; count++) {
    for (const address of ['192.0.2.1', '192.0.2.2']) t.equal(await from(address, `a-wrong-guess-${count}`), 401)
  }
  t.equal(await from('192.0.2.2', 'one-guess-more'), 429)
  t.equal(await from('192.0.2.2', token), 429, 'not even the right one')
  t.equal(await from('192.0.2.1', 'one-guess-more'), 429)
  t.equal(await from('192.0.2.1', token), 200, 'an address from which it came before')
  t.equal(await from('192.0.2.3', token), 200)
})
