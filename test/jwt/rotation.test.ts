import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createJwtCounts } from '../../src/jwt/jwt-counts.js'
import type { JwtSettings } from '../../src/jwt/jwt-settings.js'
import { openJwtVerifier } from '../../src/jwt/verify-jwt.js'
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
