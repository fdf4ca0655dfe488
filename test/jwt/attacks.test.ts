import { createHmac, type KeyObject } from 'node:crypto'
import { exportJWK } from 'jose'
import t from 'tap'
import { createDatabase } from '../support/databases/database.js'
import {
  AUDIENCE,
  createKey,
  type Claims,
  ISSUER,
  nowInSeconds,
  SECRET,
  sign,
  startKeyServer,
  toPem,
} from '../support/platform/jwt.js'
import { startNode } from '../support/nodes/node.js'
import { enter, refuseSocket } from '../support/clients/socket-client.js'

const database = await createDatabase(t)
const keys = { RS256: createKey('RS256'), ES256: createKey('ES256'), EdDSA: createKey('EdDSA') }
const server = await startKeyServer(t, Object.values(keys))
const node = await startNode(t, {
  database,
  config: {
    jwt: {
      algorithms: ['HS256', 'RS256', 'ES256', 'EdDSA'],
      ...{ secrets: [SECRET], jwksUrl: server.url, issuer: ISSUER, audience: AUDIENCE },
    },
  },
})
const withPublicKey = await startNode(t, {
  database,
  config: { jwt: { algorithms: ['HS256', 'RS256'], secrets: [SECRET], publicKeys: [toPem(keys.RS256)] } },
})
const path = '/v1/chat/store/session/'
const claims = { sub: 'store:5' }

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const bare = (header: object, payload: Claims = { ...claims, iss: ISSUER, aud: AUDIENCE, exp: nowInSeconds() + 60 }) =>
  `${encode(header)}.${encode(payload)}`
const signWithText = (text: string | Buffer, header: object = { alg: 'HS256' }) => {
  const head = bare(header)
  return `${head}.${createHmac('sha256', text).update(head).digest('base64url')}`
}
const der = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })

t.test('a JWT of each configured algorithm opens what a token opens', async (t) => {
  for (const key of [undefined, ...Object.values(keys)]) {
    const alg = key?.alg ?? 'HS256'
    const token = await sign(claims, key)
    t.match((await node.get(path, { token })).body, { store_id: 5, status: 'open' }, alg)
    t.equal((await node.get('/v1/chat/admin/sessions/open/', { token })).status, 403, 'the routes of its side')
    const socket = await enter(t, node, 'store', { token })
    const inQuery = await enter(t, node, 'store', { token }, { inQuery: true })
    t.match(socket.all('ready'), [{ account: { side: 'store', id: 5 } }], alg)
    t.match(inQuery.all('ready'), [{ account: { side: 'store', id: 5 } }], alg)
  }
  t.equal((await withPublicKey.get(path, { token: await sign(claims, keys.RS256) })).status, 200, 'by a public key')
  const admin = await sign({ sub: 'admin:7', name: 'Ann' }, keys.ES256, { typ: 'at+jwt' })
  t.match((await node.get('/v1/chat/me/', { token: admin })).body, { side: 'admin', id: 7, name: 'Ann', role: 'agent' })
})

t.test('what is not signed by the platform is refused, and makes no account', async (t) => {
  const stranger = createKey('RS256', 'RS256')
  const valid = await sign({ sub: 'store:6' }, keys.RS256)
  const [head = '', body = '', signature = ''] = valid.split('.')
  const pem = toPem(keys.RS256)
  const jwk = await exportJWK(stranger.publicKey)
  const attacks: Record<string, string> = {
    'no algorithm': `${bare({ alg: 'none' })}.`,
    'no algorithm, in other letters': `${bare({ alg: 'nOnE' })}.`,
    'no algorithm, with a signature': `${bare({ alg: 'none' })}.${signature}`,
    'a signature that is left out': `${head}.${body}.`,
    'the public key as secret': signWithText(pem),
    'the public key as secret, in DER': signWithText(der(keys.RS256.publicKey)),
    'the public key as secret, without its last line break': signWithText(pem.trim()),
    'the public key as secret, as its JWK': signWithText(JSON.stringify(await exportJWK(keys.RS256.publicKey))),
    'an empty secret': signWithText(''),
    'a key of its own': await sign({ sub: 'store:6' }, stranger),
    'a key of its own in the header': await sign({ sub: 'store:6' }, stranger, { jwk }),
    'an address of keys in the header': await sign({ sub: 'store:6' }, stranger, { jku: server.url }),
    'an unknown key': await sign({ sub: 'store:6' }, createKey('ES256', 'unknown')),
    "a key of another algorithm's": await sign({ sub: 'store:6' }, createKey('ES256', 'RS256')),
    'an algorithm that is not configured': signWithText(SECRET, { alg: 'HS512' }),
    'other claims under the signature': `${head}.${encode({ ...claims, sub: 'admin:1', exp: nowInSeconds() + 60 })}.${signature}`,
    'another header over the signature': `${encode({ alg: 'HS256' })}.${body}.${signature}`,
    'claims that are no object': `${encode({ alg: 'HS256' })}.${encode([1])}.${signature}`,
    'claims that are no JSON': `${head}.AAAA.${signature}`,
    'three dots': `${valid}.`,
    '8 KB of nothing': `${'e'.repeat(4000)}.${'e'.repeat(4000)}.${'e'.repeat(190)}`,
  }
  for (const [what, token] of Object.entries(attacks)) {
    for (const one of [node, withPublicKey]) await expectRefusal(one, token, what)
  }
  t.same(await database.query('select id from store where id = 6 union all select id from admin where id = 1'), [])

  async function expectRefusal(one: typeof node, token: string, what: string): Promise<void> {
    const { status, text } = await one.get(path, { token })
    t.equal(status, 401, what)
    t.equal(text, '{"success":false,"message":"Unauthorized"}', what)
    for (const inQuery of [false, true]) {
      t.equal((await refuseSocket(one, 'store', { token }, { inQuery })).status, 401, `${what}, at a socket`)
    }
  }
})

t.test('what the platform signed for another purpose, place or time is refused', async (t) => {
  const now = nowInSeconds()
  const far = 7 * 86_400 + 60
  const wrong: Record<string, [Claims, object?]> = {
    'another audience': [{ aud: 'shop' }],
    'no audience': [{ aud: undefined }],
    'another issuer': [{ iss: 'https://evil.example' }],
    'no issuer': [{ iss: undefined }],
    'no end': [{ exp: undefined }],
    'an end that is past': [{ exp: now - 1 }],
    'an end too far away': [{ exp: now + far }],
    'an end at no time': [{ exp: 1e300 }],
    'an end that is text': [{ exp: String(now + 60) }],
    'a beginning ahead': [{ nbf: now + 60 }],
    'a beginning that is text': [{ nbf: 'now' }],
    'issued in the future': [{ iat: now + 60 }],
    'issued in a text': [{ iat: 'now' }],
    'issued before all time': [{ iat: -1e13 }],
    'issued before 1970': [{ iat: -1 }],
    'an extension that is critical': [{}, { crit: ['exp'], exp: now + 60 }],
    'a payload without encoding': [{}, { b64: false, crit: ['b64'] }],
    'a logout token': [{}, { typ: 'logout+jwt' }],
    'a type that is a number': [{}, { typ: 5 }],
    'no subject': [{ sub: undefined }],
    ...Object.fromEntries(
      [
        ...[
          '',
          '5',
          'store',
          'store:',
          'store:0',
          'store:-5',
          'store:05',
          'store:5 ',
          ' store:5',
          'store:5\n',
          'Store:5',
        ],
        ...[
          'store:5.0',
          'store:1e3',
          'store:0x5',
          'store:9007199254740992',
          'stores:5',
          'admin:5:6',
          'store:5,admin:1',
        ],
        ...[5, ['store:5'], { store: 5 }, null, true],
      ].map((sub) => [`the subject ${JSON.stringify(sub)}`, [{ sub }]] as const),
    ),
  }
  for (const [what, [other, header]] of Object.entries(wrong)) {
    const token = await sign({ ...claims, ...other }, keys.EdDSA, header).catch(() => {
      // jose refuses to sign some of it.
      const head = bare({ alg: 'HS256', ...header }, { ...claims, iss: ISSUER, aud: AUDIENCE, exp: now + 60, ...other })
      return `${head}.${createHmac('sha256', SECRET).update(head).digest('base64url')}`
    })
    const { status, text } = await node.get(path, { token })
    t.equal(status, 401, what)
    t.equal(text, '{"success":false,"message":"Unauthorized"}', what)
  }
  const atTheEdge = { ...claims, exp: now + 7 * 86_400, nbf: now, aud: ['shop', AUDIENCE] }
  t.equal((await node.get(path, { token: await sign(atTheEdge, keys.EdDSA) })).status, 200)
})

t.test('a JWT of 8 KB is answered like any other', async (t) => {
  const padded = async (length: number) => {
    const { length: base } = await sign({ ...claims, note: '' })
    return sign({ ...claims, note: 'x'.repeat(Math.floor(((length - base) * 3) / 4)) })
  }
  const [fits, exceeds] = [await padded(8190), await padded(8300)]
  t.ok(fits.length > 8180 && fits.length <= 8192, String(fits.length))
  t.equal((await node.get(path, { token: fits })).status, 200)
  await enter(t, node, 'store', { token: fits }, { inQuery: true })
  t.equal((await node.get(path, { token: exceeds })).status, 401)
  t.equal((await refuseSocket(node, 'store', { token: exceeds }, { inQuery: true })).status, 401)
})

t.test('where JWTs are not configured, none is taken', async (t) => {
  const without = await startNode(t, { database })
  t.equal((await without.get(path, { token: await sign(claims) })).status, 401)
  t.equal((await without.get(path, { token: `${bare({ alg: 'none' })}.` })).status, 401)
})
