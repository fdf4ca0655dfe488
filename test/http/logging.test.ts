import Fastify from 'fastify'
import t from 'tap'
import { createToken } from '../../src/accounts/tokens.js'
import { createLoggerOptions } from '../../src/http/logging.js'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { exchangeRaw } from '../support/clients/raw-http.js'
import { startServer } from '../support/nodes/server-process.js'
import { until } from '../../harness/until.js'

t.test('logs are JSON lines that hold no token, and name the request', async (t) => {
  const database = await createDatabase(t)
  const [platformToken, nextToken] = ['platform-token-for-tests', 'next/"token"\\for-tests']
  const jwtSecret = 'jwt-secret-for-tests'.padEnd(32, '-')
  const server = startServer(t, {
    DATABASE_URL: database.url,
    PLATFORM_TOKEN: `${platformToken},${nextToken}`,
    JWT_ALGORITHMS: 'HS256',
    JWT_SECRET: jwtSecret,
    LOG_LEVEL: 'trace',
  })
  const client = await server.ready()
  const store = await addStore(database)
  const secrets = [store.token, platformToken, 'in-the-query', 'unknown-token', 'hello@example.com', 'Private name']

  await client.get('/v1/chat/store/session/?token=in-the-query', store)
  await client.get('/v1/chat/store/session/', { token: 'unknown-token' })
  await client.get(`/nowhere/?token=${store.token}`)
  await client.get('/v1/chat/%zz/?token=in-the-query', store)
  for (const secret of [platformToken, nextToken, jwtSecret, `whsec_${'d'.repeat(44)}`]) {
    const escaped = secret.replaceAll(/[^]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    secrets.push(secret, encodeURIComponent(secret), escaped)
    for (const written of [encodeURIComponent(secret), escaped]) {
      for (const path of ['/', '/nowhere/', '/v1/chat/store/', '/v1/chat/%zz/']) {
        await client.get(`${path}${written}`)
        await client.get(`${path}${written}/x/`)
      }
    }
    await client.get('/nowhere/', {
      headers: { 'x-request-id': secret, referer: `http://a/${secret}`, 'user-agent': secret },
    })
  }
  const jwt = `eyJ${'a'.repeat(40)}.eyJ${'b'.repeat(40)}.${'c'.repeat(43)}`
  secrets.push('a'.repeat(40), 'b'.repeat(40), 'c'.repeat(43))
  const issuedToken = createToken()
  secrets.push(issuedToken)
  for (const token of [issuedToken, jwt]) {
    for (const path of [
      `store/a%3Ftoken=${token}`,
      `store/;token=${token}`,
      `store/${token}`,
      `%zz/token%3D${token}`,
    ]) {
      await client.get(`/v1/chat/ws/${path}`)
    }
  }
  for (const rest of ['a%3Ftoken=in-the-query', ';token=in-the-query']) await client.get(`/v1/chat/ws/store/${rest}`)
  await client.get('/nowhere/', { headers: { 'x-request-id': issuedToken } })
  for (const path of ['/health/live/', '/v1/chat/store/session/', '/v1/chat/ws/store/', '/docs/', '/nowhere/']) {
    for (const version of ['13', '12', 'h2c']) {
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
      const upgrade = version === 'h2c' ? 'h2c' : `websocket\r\n${key}\r\nSec-WebSocket-Version: ${version}`
      const head = `GET ${path}?token=${store.token}&in-the-query HTTP/1.1\r\nHost: a\r\nConnection: Upgrade`
      t.ok(await exchangeRaw(t, client, `${head}\r\nUpgrade: ${upgrade}\r\n\r\n`))
    }
  }
  const body = { name: 'Private name', email: 'hello@example.com' }
  await client.put('/v1/chat/platform/stores/5/', { token: platformToken, body })
  const issued = await client.post('/v1/chat/platform/tokens/', { token: platformToken, body: { store_id: 5 } })
  // An internal error, whose log entry comes from a lower layer.
  await database.query('alter table chat_session rename column status to renamed')
  const failed = await client.get('/v1/chat/store/session/', { token: issued.body.token })
  t.strictSame(failed.body, { success: false, message: 'Internal server error' })
  const id = String(failed.headers['x-request-id'])
  await until(() => server.output().out.split(id).length > 2, 5000, 'the failure and the answer are logged')
  server.kill('SIGTERM')
  await server.exit()

  const { out, err } = server.output()
  for (const secret of [...secrets, issued.body.token as string]) t.notOk(`${out}${err}`.includes(secret), secret)
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.ok(lines.length > 8)
  t.match(
    lines.find(({ reqId, msg }) => reqId === id && msg === 'answered'),
    { req: { method: 'GET', path: '/v1/chat/store/session/', store: 5 }, statusCode: 500, ms: Number },
  )
  const undecodable = lines.filter(({ msg, statusCode }) => msg === 'answered' && statusCode === 400)
  t.match(
    undecodable.find(({ req }) => (req as { path?: string }).path === '/v1/chat/%zz/'),
    { req: { method: 'GET' }, ms: Number },
  )
  t.match(
    lines.find(({ msg }) => msg === 'socket opened'),
    { req: { method: 'GET', path: '/v1/chat/ws/store/', store: store.id }, statusCode: 101 },
  )
})

t.test('a URL that a message quotes is cut before its query', async (t) => {
  let written = ''
  const stream = { write: (line: string) => void (written += line) }
  const { log } = Fastify({ logger: { ...createLoggerOptions('info'), stream } })
  log.warn('Reply was already sent in "/v1/chat/ws/store/?token=secret-1&a=b" (GET)')
  log.error({ err: new Error("GET '/a?token=secret-2' failed"), path: '/b?secret-3', question: 'Really? Yes' })
  t.notMatch(written, 'secret')
  const lines = written.trim().split('\n')
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  t.match(first, { msg: 'Reply was already sent in "/v1/chat/ws/store/" (GET)' })
  t.match(second, { path: '/b', question: 'Really? Yes', err: { message: "GET '/a failed" } })
})
