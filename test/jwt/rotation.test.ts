import { randomBytes } from 'node:crypto'
import t from 'tap'
import { openAuthentication } from '../../src/accounts/authentication.js'
import { createJwtCounts } from '../../src/jwt/jwt-counts.js'
import type { JwtSettings } from '../../src/jwt/jwt-settings.js'
import { openJwtVerifier } from '../../src/jwt/verify-jwt.js'
import { startNode } from '../support/nodes/node.js'
import { createKey, nowInSeconds, sign, toPem } from '../support/platform/jwt.js'

const claims = { sub: 'store:5' }
const createSecret = () => randomBytes(32).toString('hex')

async function openVerifier(settings: JwtSettings) {
  const counts = createJwtCounts()
  const verifier = await openJwtVerifier(settings, counts, (error) => t.error(error))
  return { verify: verifier.verify, refused: counts.refused }
}

t.test('while a secret is rotated, JWTs of either are valid, and no others', async (t) => {
  const [old, next] = [createSecret(), createSecret()]
  const { verify, refused } = await openVerifier({ algorithms: ['HS256'], secrets: [old, next] })
  t.match(await verify(await sign(claims, old)), { id: 5 })
  t.match(await verify(await sign(claims, next)), { id: 5 })
  t.equal(await verify(await sign(claims, `${old},${next}`)), undefined)
  t.match(refused, { signature: 1 })
  for (const secret of [old, next]) {
    t.equal(await verify(await sign({ ...claims, exp: nowInSeconds() - 60 }, secret)), undefined)
  }
  t.match(refused, { signature: 1, expired: 2 }, 'each is counted once, by its own reason')
})

t.test('so are JWTs of either public key', async (t) => {
  for (const alg of ['RS256', 'ES256', 'EdDSA'] as const) {
    const [old, next, other] = [createKey(alg), createKey(alg), createKey(alg)]
    const { verify, refused } = await openVerifier({ algorithms: [alg], publicKeys: [toPem(old), toPem(next)] })
    t.match(await verify(await sign(claims, old)), { id: 5 }, alg)
    t.match(await verify(await sign(claims, next)), { id: 5 }, alg)
    t.equal(await verify(await sign(claims, other)), undefined, alg)
    t.equal(await verify(await sign(claims, toPem(old))), undefined, 'a public key is no secret')
    t.match(refused, { signature: 1 })
  }
})

t.test('two secrets leave other algorithms to their own keys', async (t) => {
  const [old, next, key] = [createSecret(), createSecret(), createKey('ES256')]
  const settings: JwtSettings = { algorithms: ['HS256', 'ES256'], secrets: [old, next], publicKeys: [toPem(key)] }
  const { verify, refused } = await openVerifier(settings)
  for (const signer of [old, next, key]) t.match(await verify(await sign(claims, signer)), { id: 5 })
  t.equal(await verify(await sign(claims, createKey('ES256'))), undefined)
  t.match(refused, { signature: 1, malformed: 0 })
})

t.test('when the published keys change, JWTs that were valid are verified again', async (t) => {
  const { app } = await startNode(t)
  const identity = { side: 'store' as const, id: 5, issuedAt: -Infinity, expiresAt: Date.now() + 60_000, claims: {} }
  const platform = { keysVersion: 1, isKeyThere: true, verified: 0 }
  const authentication = openAuthentication(app.db, app.credentials, {
    async verify() {
      platform.verified++
      return platform.isKeyThere ? identity : undefined
    },
    get keysVersion() {
      return platform.keysVersion
    },
    close: () => undefined,
  })
  t.teardown(() => authentication.close())
  const token = await sign(claims, createSecret())
  for (let count = 0; count < 3; count++) t.match(await authentication.authenticate(token), { id: 5 })
  t.equal(platform.verified, 1, 'once')
  platform.keysVersion++
  for (let count = 0; count < 3; count++) t.match(await authentication.authenticate(token), { id: 5 })
  t.equal(platform.verified, 2, 'once with each state of the keys')
  Object.assign(platform, { keysVersion: 3, isKeyThere: false })
  t.equal(await authentication.authenticate(token), undefined, 'its key was withdrawn')
})
