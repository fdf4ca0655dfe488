import t from 'tap'
import { addAdmin, addStore, addToken } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { until } from '../../harness/until.js'

const node = await startNode(t)
const { database } = node
const path = '/v1/chat/store/session/'
const ask = (authorization?: string) =>
  node.get(path, { headers: authorization === undefined ? {} : { authorization } })

t.test('whatever is wrong with a token, the answer is the same 401', async (t) => {
  const store = await addStore(database)
  const yesterday = new Date(Date.now() - 86_400_000)
  const [expired, revoked] = await Promise.all([
    addToken(database, { storeId: store.id, expiresAt: yesterday }),
    addToken(database, { storeId: store.id, revokedAt: yesterday }),
  ])
  const wrong: Record<string, string | undefined> = {
    'no header': undefined,
    'an empty header': '',
    'a scheme alone': 'Token',
    'an empty token': 'Token ',
    'another scheme': `Bearer ${store.token}`,
    'no scheme': store.token,
    'no space': `Token${store.token}`,
    'two tokens': `Token ${store.token} ${store.token}`,
    'an unknown token': 'Token sct_unknown',
    'a token of 10 KB': `Token ${'x'.repeat(10 * 1024)}`,
    'a token cut short': `Token ${store.token.slice(0, -1)}`,
    'a token in the wrong case': `Token ${store.token.toUpperCase()}`,
    'a token that is no ASCII': 'Token äöü',
    SQL: `Token ' or 1=1 --`,
    'an expired token': `Token ${expired.token}`,
    'a revoked token': `Token ${revoked.token}`,
  }
  for (const [what, header] of Object.entries(wrong)) {
    const { status, headers, text } = await ask(header)
    t.equal(status, 401, what)
    t.equal(text, '{"success":false,"message":"Unauthorized"}', what)
    t.equal(headers['www-authenticate'], 'Token', what)
    t.ok(headers['x-request-id'], what)
    t.equal(headers['cache-control'], 'no-store', what)
  }
})

t.test('the scheme may be written in any case', async (t) => {
  const store = await addStore(database)
  for (const scheme of ['Token', 'token', 'TOKEN', 'tOkEn']) {
    t.equal((await ask(`${scheme} ${store.token}`)).status, 200, scheme)
  }
})

t.test('the token of an admin opens no route of a store', async (t) => {
  const admin = await addAdmin(database)
  const { status, text, headers } = await ask(`Token ${admin.token}`)
  t.equal(status, 403)
  t.equal(text, '{"success":false,"message":"Forbidden"}')
  t.equal(headers['www-authenticate'], undefined)
})

t.test('a token stops working the moment it expires, also where it was used just before', async (t) => {
  const store = await addStore(database)
  const expiresAt = new Date(Date.now() + 700)
  const { token } = await addToken(database, { storeId: store.id, expiresAt })
  t.equal((await ask(`Token ${token}`)).status, 200)
  await until(async () => (await ask(`Token ${token}`)).status === 401 || Date.now() > expiresAt.getTime(), 5000)
  t.ok(Date.now() >= expiresAt.getTime(), 'not before')
  t.equal((await ask(`Token ${token}`)).status, 401)
})

t.test('the last use of a token is noted', async (t) => {
  const store = await addStore(database)
  const readLastUse = async () => {
    const [row] = await database.query<{ last_used_at: Date | null }>(
      'select last_used_at from access_token where id = $1',
      [store.tokenId],
    )
    return row?.last_used_at
  }
  t.equal(await readLastUse(), null)
  const usedAt = Date.now()
  await ask(`Token ${store.token}`)
  const lastUse = await until(readLastUse, 10_000)
  t.ok(Math.abs(lastUse.getTime() - usedAt) < 10_000)
})
