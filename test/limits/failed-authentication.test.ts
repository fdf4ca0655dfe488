import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'
import { enter, refuseSocket } from '../support/clients/socket-client.js'
import { captureStatements } from '../support/databases/statements.js'

const off = { perSecond: 0, burst: 0 }
const path = '/v1/chat/store/session/'
const platformToken = 'platform-token-for-tests'
const database = await createDatabase(t)
const start = (failedAuthPerMinute: number, trustProxy: string[] = []) =>
  startNode(t, {
    database,
    config: { limits: { requests: off, messages: off, failedAuthPerMinute }, trustProxy, platformToken },
  })

t.test('too many failures from an address are 429, over HTTP, sockets and for the platform alike', async (t) => {
  const node = await start(6)
  const fail = [
    () => node.get(path),
    () => node.get(path, { token: 'sct_unknown' }),
    () => node.get('/v1/chat/platform/tokens/', { token: 'not the right one' }),
    () => node.post('/v1/chat/admin/message/', { token: 'sct_unknown', body: {} }),
    () => refuseSocket(node, 'store', { token: 'sct_unknown' }),
    () => refuseSocket(node, 'admin', { token: 'sct_unknown' }, { inQuery: true }),
  ]
  for (const attempt of fail) t.equal((await attempt()).status, 401)
  for (const attempt of fail) {
    const { status, headers, body } = await attempt()
    t.equal(status, 429)
    t.same(body, { success: false, message: 'Too many failed authentications from this address' })
    t.match(headers['retry-after'], /^([1-9]|10)$/)
    t.equal(headers['www-authenticate'], undefined)
  }
  t.equal((await node.get('/v1/chat/platform/tokens/', { token: platformToken })).status, 200)
  t.equal((await node.get('/health/ready/')).status, 200)
})

t.test('from such an address an unknown token is not looked up, and a known one passes', async (t) => {
  const node = await start(3)
  const [known, unknown] = [await addStore(database), await addStore(database)]
  t.equal((await node.get(path, known)).status, 200)
  for (let count = 0; count < 3; count++) t.equal((await node.get(path, { token: `sct_${count}` })).status, 401)
  t.equal((await node.get(path, { token: 'sct_4' })).status, 429)
  const statements = captureStatements(t)
  t.equal((await node.get(path, unknown)).status, 429, 'not even a valid one, which nobody can tell from a guess')
  t.same(
    statements.filter(({ text }) => text.includes('hash in')),
    [],
  )
  t.equal((await node.get(path, known)).status, 200)
  await enter(t, node, 'store', known)
})

t.test('what failed is forgiven with time', async (t) => {
  const node = await start(60)
  const store = await addStore(database)
  const attempts = await Promise.all(
    Array.from({ length: 70 }, (_, count) => node.get(path, { token: `sct_${count}` })),
  )
  const refused = attempts.find(({ status }) => status === 429)
  const retryAfter = refused?.headers['retry-after'] ?? ''
  t.equal(retryAfter, '1')
  await delay(Number(retryAfter) * 1000)
  t.equal((await node.get(path, store)).status, 200)
})

t.test('an address is that which the trusted proxy names; IPv6 addresses count by their block', async (t) => {
  const node = await start(2, ['127.0.0.1'])
  const from = async (address: string) =>
    (await node.get(path, { token: 'sct_unknown', headers: { 'x-forwarded-for': address } })).status
  t.same([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')], [401, 401, 429])
  t.equal(await from('192.0.2.2'), 401)
  t.same([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8::3')], [401, 401, 429])
  t.equal(await from('2001:db8:0:1::1'), 401)
})
