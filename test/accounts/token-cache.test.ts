import t, { type Test } from 'tap'
import { openAuthentication } from '../../src/accounts/authentication.js'
import type { Credentials } from '../../src/accounts/credentials.js'
import type { JwtIdentity } from '../../src/jwt/verify-jwt.js'
import { addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { until } from '../../harness/until.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const { app, database } = await startNode(t)

/** Nothing ends or changes. */
const unchanged: Credentials = {
  check: async (account) => account,
  resolve: (account) => account,
  refresh: async () => undefined,
  onAnnouncement: () => () => undefined,
}

/** Lets the clock that caches read run ahead until the end of the test. */
function createClock(t: Test) {
  const now = performance.now.bind(performance)
  let aheadMs = 0
  performance.now = () => now() + aheadMs
  t.teardown(() => {
    performance.now = now
  })
  return { advance: (ms: number) => void (aheadMs += ms) }
}

t.test('the account of a token is read again after a minute; the token is known for an hour after that', async (t) => {
  const clock = createClock(t)
  const authentication = openAuthentication(app.db, unchanged)
  t.teardown(() => authentication.close())
  const { token, tokenId } = await addStore(database)
  const setEnd = (at: Date) => database.query('update access_token set expires_at = $2 where id = $1', [tokenId, at])
  const readEnd = async () => (await authentication.authenticate(token))?.expiresAt

  t.notOk(authentication.isKnown(token))
  t.equal(await readEnd(), Infinity)
  t.ok(authentication.isKnown(token))
  const end = new Date(Date.now() + HOUR_MS)
  await setEnd(end)
  clock.advance(MINUTE_MS - 5000)
  t.equal(await readEnd(), Infinity, 'as cached')
  clock.advance(10_000)
  t.equal(await readEnd(), end.getTime(), 'as it is')
  clock.advance(HOUR_MS - 5000)
  t.ok(authentication.isKnown(token))
  clock.advance(10_000)
  await until(() => !authentication.isKnown(token), 5000, 'it is forgotten')
  t.equal(await readEnd(), end.getTime())
  t.ok(authentication.isKnown(token), 'known again')

  await setEnd(new Date(0))
  clock.advance(MINUTE_MS + 5000)
  t.equal(await readEnd(), undefined)
  t.notOk(authentication.isKnown(token), 'one that has ended is not known')
})

t.test('a JWT whose keys changed while it was verified is verified again', async (t) => {
  const stores = [await addStore(database), await addStore(database)]
  const verified: string[] = []
  const [late, other] = ['late.jwt.a', 'other.jwt.b'] as const
  let verifyLate = (): void => undefined
  const wait = new Promise<void>((resolve) => (verifyLate = resolve))
  const jwt = {
    keysVersion: 1,
    async verify(token: string): Promise<JwtIdentity> {
      verified.push(token)
      if (token === late) await wait
      const id = stores[token === late ? 0 : 1]?.id ?? 0
      return { side: 'store', id, issuedAt: Date.now(), expiresAt: Date.now() + HOUR_MS, claims: {} }
    },
    close: () => undefined,
  }
  const authentication = openAuthentication(app.db, unchanged, jwt)
  t.teardown(() => authentication.close())

  const answer = authentication.authenticate(late)
  await until(() => verified.includes(late), 5000)
  jwt.keysVersion = 2
  // This one notices the change.
  t.match(await authentication.authenticate(other), { id: stores[1]?.id })
  verifyLate()
  t.match(await answer, { id: stores[0]?.id })
  for (let count = 0; count < 3; count++) {
    t.match(await authentication.authenticate(late), { id: stores[0]?.id })
    t.match(await authentication.authenticate(other), { id: stores[1]?.id })
  }
  t.same(verified, [late, other, late], 'once by the keys of now')
  jwt.keysVersion = 3
  t.match(await authentication.authenticate(other), { id: stores[1]?.id })
  t.same(verified, [late, other, late, other], 'and once by later ones')
})
