import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { readConfig } from '../../src/config/config.js'
import { StartupError } from '../../src/errors/startup-error.js'
import { createKey, SECRET, toPem } from '../support/platform/jwt.js'

const rsa = createKey('RS256')
const pem = toPem(rsa)

function readErrors(environment: Record<string, string>): string {
  try {
    readConfig(environment)
    return ''
  } catch (error) {
    if (error instanceof StartupError) return error.message
    throw error
  }
}

t.test('unset, there are no JWTs', async (t) => {
  t.equal(readConfig({}).jwt, undefined)
})

t.test('settings that fit together are read', async (t) => {
  t.same(readConfig({ JWT_ALGORITHMS: 'HS256', JWT_SECRET: SECRET, JWT_ISSUER: 'me', JWT_AUDIENCE: 'chat' }).jwt, {
    ...{ algorithms: ['HS256'], secrets: [SECRET], publicKeys: [], jwksUrl: undefined },
    ...{ issuer: 'me', audience: 'chat' },
  })
  const oneLine = pem.replaceAll('\n', '\\n')
  t.match(readConfig({ JWT_ALGORITHMS: 'RS256', JWT_PUBLIC_KEY: oneLine }).jwt, { publicKeys: [pem.trim()] })
  const jwksUrl = 'https://market.example/jwks.json'
  const both = readConfig({ JWT_ALGORITHMS: ' EdDSA, HS256 ,', JWT_SECRET: SECRET, JWT_JWKS_URL: jwksUrl })
  t.match(both.jwt, { algorithms: ['HS256', 'EdDSA'], jwksUrl })
})

t.test('settings that do not are told in one line each, without their values', async (t) => {
  const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
  const url = 'https://market.example/jwks.json'
  const wrong: [Record<string, string>, RegExp][] = [
    [{ JWT_SECRET: SECRET }, /^JWT_ALGORITHMS is needed by JWT_SECRET$/],
    [{ JWT_AUDIENCE: 'chat', JWT_ISSUER: 'me' }, /^JWT_ALGORITHMS is needed by JWT_ISSUER, JWT_AUDIENCE$/],
    [{ JWT_ALGORITHMS: 'none', JWT_SECRET: SECRET }, /^JWT_ALGORITHMS may hold HS256, RS256, ES256, EdDSA$/],
    [{ JWT_ALGORITHMS: 'HS256,HS512', JWT_SECRET: SECRET }, /^JWT_ALGORITHMS may hold/],
    [{ JWT_ALGORITHMS: 'HS256' }, /^JWT_SECRET is needed for HS256$/],
    [{ JWT_ALGORITHMS: 'HS256', JWT_SECRET: 'x'.repeat(31) }, /^JWT_SECRET must have 32 bytes at least$/],
    [{ JWT_ALGORITHMS: 'HS256', JWT_SECRET: pem }, /^JWT_SECRET is a PEM key/],
    [{ JWT_ALGORITHMS: 'RS256', JWT_PUBLIC_KEY: pem, JWT_SECRET: SECRET }, /^JWT_SECRET is for HS256/],
    [{ JWT_ALGORITHMS: 'RS256' }, /^JWT_PUBLIC_KEY or JWT_JWKS_URL is needed for RS256$/],
    [{ JWT_ALGORITHMS: 'RS256', JWT_PUBLIC_KEY: pem, JWT_JWKS_URL: url }, /^JWT_JWKS_URL excludes JWT_PUBLIC_KEY$/],
    [{ JWT_ALGORITHMS: 'RS256', JWT_PUBLIC_KEY: 'a key' }, /^JWT_PUBLIC_KEY is not a public key in PEM$/],
    [{ JWT_ALGORITHMS: 'RS256', JWT_PUBLIC_KEY: privatePem }, /^JWT_PUBLIC_KEY is a private key/],
    [{ JWT_ALGORITHMS: 'ES256', JWT_PUBLIC_KEY: pem }, /^JWT_PUBLIC_KEY is a key for RS256 alone$/],
    [{ JWT_ALGORITHMS: 'RS256,ES256', JWT_PUBLIC_KEY: pem }, /^JWT_PUBLIC_KEY is a key for RS256 alone$/],
    [
      { JWT_ALGORITHMS: 'ES256', JWT_PUBLIC_KEY: p384.export({ type: 'spki', format: 'pem' }).toString() },
      /^JWT_PUBLIC_KEY must be an RSA key of 2048 bits or more, a P-256 or an Ed25519 key$/,
    ],
    [{ JWT_ALGORITHMS: 'RS256', JWT_JWKS_URL: 'file:///etc/passwd' }, /^JWT_JWKS_URL /],
    [
      { JWT_ALGORITHMS: 'RS256', JWT_JWKS_URL: 'http://u:Secret@127.0.0.1/keys' },
      /^JWT_JWKS_URL must be without a user name and a password$/,
    ],
    [{ JWT_ALGORITHMS: ',' }, /^JWT_ALGORITHMS holds no algorithm$/],
    [{ JWT_ALGORITHMS: 'HS256', JWT_SECRET: SECRET, JWT_JWKS_URL: url }, /^JWT_JWKS_URL is for other algorithms/],
  ]
  for (const [environment, expected] of wrong) {
    const lines = readErrors(environment)
    t.match(lines, expected)
    t.notMatch(lines, /MII|xxxx/)
    t.notMatch(lines, SECRET)
  }
})

t.test('a secret and a public key may be two while they are rotated', async (t) => {
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(32))
  const readSecrets = (text: string) => readConfig({ JWT_ALGORITHMS: 'HS256', JWT_SECRET: text }).jwt?.secrets
  t.same(readSecrets(`${one},${two}`), [one, two])
  t.same(readSecrets(`${one}, ${two}`), [one, two])
  for (const [wrong, expected] of [
    [`${one},`, /^JWT_SECRET must have 32 bytes at least on each side of the comma$/],
    [`${one},short`, /^JWT_SECRET must have 32 bytes at least on each side of the comma$/],
    [`${one},${pem}`, /^JWT_SECRET is a PEM key/],
    [`${one},${two},${three}`, /^JWT_SECRET may hold two secrets at most, separated by a comma$/],
  ] as const) {
    t.match(readErrors({ JWT_ALGORITHMS: 'HS256', JWT_SECRET: wrong }), expected)
  }

  const next = toPem(createKey('RS256'))
  const readKeys = (text: string) => readConfig({ JWT_ALGORITHMS: 'RS256', JWT_PUBLIC_KEY: text }).jwt?.publicKeys
  t.same(readKeys(`${pem}${next}`), [pem.trim(), next.trim()])
  t.same(readKeys(`${pem},${next}`.replaceAll('\n', '\\n')), [pem.trim(), next.trim()])
  for (const [wrong, expected] of [
    [`${pem}${next}${pem}`, /^JWT_PUBLIC_KEY may hold two keys at most$/],
    [`${pem}${toPem(createKey('ES256'))}`, /^JWT_PUBLIC_KEY is a key for ES256 alone$/],
  ] as const) {
    t.match(readErrors({ JWT_ALGORITHMS: 'RS256', JWT_PUBLIC_KEY: wrong }), expected)
  }
})

t.test('the platform token may be two', async (t) => {
  const [one, two] = ['x'.repeat(16), 'y'.repeat(16)]
  t.equal(readConfig({ PLATFORM_TOKEN: `${one},${two}` }).platformToken, `${one},${two}`)
  for (const wrong of [`${one},`, `,${one}`, `${one},short`, `${one},${two},${one}`]) {
    t.match(readErrors({ PLATFORM_TOKEN: wrong }), /^PLATFORM_TOKEN /, wrong)
  }
})
