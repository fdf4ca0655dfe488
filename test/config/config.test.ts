import t from 'tap'
import { EnvironmentSchema, readConfig } from '../../src/config/config.js'
import { StartupError } from '../../src/errors/startup-error.js'

t.test('no variables set is a whole configuration', async (t) => {
  const config = readConfig({})
  t.match(config, { host: '127.0.0.1', port: 8000, logLevel: 'info', corsOrigins: [], trustProxy: [] })
  t.equal(config.databaseUrl, undefined)
  t.equal(config.platformToken, undefined)
  t.ok(Object.isFrozen(config))
})

t.test('an empty variable counts as unset, and unknown ones do not matter', async (t) => {
  const empty = Object.fromEntries(Object.keys(EnvironmentSchema.properties).map((name) => [name, '']))
  t.same(readConfig({ ...empty, PATH: '/bin' }), readConfig({}))
})

t.test('every setting is read', async (t) => {
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: 'postgresql://user:pass@host/db',
    REDIS_URL: 'rediss://host',
    CORS_ORIGINS: 'https://a.example, https://b.example,',
    TRUST_PROXY: '10.0.0.0/8',
    PUBLIC_URL: 'https://example.com/support/',
    PLATFORM_TOKEN: 'x'.repeat(16),
    DATABASE_POOL_SIZE: '25',
    LIMIT_MESSAGE_BURST: '7',
    LIMIT_FAILED_AUTH_PER_MINUTE: '0',
  })
  t.match(config, {
    port: 0,
    databaseUrl: 'postgresql://user:pass@host/db',
    redis: { kind: 'single', urls: ['rediss://host'], prefix: 'store-chat' },
    corsOrigins: ['https://a.example', 'https://b.example'],
    trustProxy: ['10.0.0.0/8'],
    publicUrl: 'https://example.com/support',
    databasePoolSize: 25,
    limits: {
      requests: { perSecond: 50, burst: 500 },
      messages: { perSecond: 20, burst: 7 },
      failedAuthPerMinute: 0,
    },
  })
})

t.test('each bad setting is one line that begins with its name', async (t) => {
  const bad: Record<string, string[]> = {
    PORT: ['abc', '-1', '65536', '1.5', '8000x', '0x47A4', ' 18341 ', '1e3', '+80'],
    METRICS_PORT: ['0x10', '65536'],
    REDIS_KIND: ['double'],
    DATABASE_URL: ['mysql://host', 'host'],
    DATABASE_REPLICA_URL: ['mysql://host', 'host'],
    DATABASE_POOL_SIZE: ['0', '1', '501', 'many'],
    DATABASE_ACQUIRE_TIMEOUT_MS: ['0', '1e9'],
    DATABASE_STATEMENT_TIMEOUT_MS: ['9'],
    DATABASE_START_TIMEOUT_MS: ['-1'],
    REDIS_URL: ['http://host'],
    REDIS_PREFIX: ['a b', 'x'.repeat(65)],
    PUBLIC_URL: [
      'example.com',
      'ftp://example.com',
      'https://',
      'https://a:b@example.com',
      'https://example.com/?a',
      'https://example.com/#',
    ],
    PLATFORM_TOKEN: ['short', 'with space in it, long', 'ä'.repeat(20)],
    WEBHOOK_TIMEOUT_MS: ['0', '15001'],
    WEBHOOK_RETRY_SECONDS: ['0', '5,', '5,x', '-5'],
    MAIL_FROM: ['nobody', 'a@b\nBcc: c@d'],
    MAIL_AFTER_MINUTES: ['-1', '0.5'],
    LOG_LEVEL: ['loud', 'INFO'],
    MIGRATION_DATABASE_URL: ['mysql://host', 'postgresql://chat:12/Secret@127.0.0.1/chat', 'postgresql://host:99999/a'],
    TRUST_PROXY: ['nonsense', '*', '10.0.0.0/99', '0.0.0.0/0', '127.0.0.1,::1/129'],
    CORS_ORIGINS: [
      'https://shop.example/',
      'https://shop.example/path',
      'shop.example',
      'https://Shop.example',
      'https://shop.example:443',
      'https://a.example,https://*.b.example',
      '*.example',
    ],
    WEBSOCKET_ORIGINS: ['https://shop.example/', 'shop.example'],
    WIDGET_ORIGINS: ['https://shop.example; script-src *', 'https://shöp.example'],
    UPLOAD_TYPES: [',', 'exe'],
    UPLOAD_SCAN: ['clamd://h:99999', 'http://h'],
    JWT_ALGORITHMS: [',', 'HS512'],
    S3_ENDPOINT: ['http://h:99999', 'h'],
    OTEL_EXPORTER_OTLP_ENDPOINT: ['http://user:pass@h:99999'],
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ['http://', 'h'],
  }
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const lines = readErrors({ [name]: value })
      t.equal(lines.length, 1, `${name}=${value} ${lines.join(' | ')}`)
      t.match(lines[0], new RegExp(`^${name} \\S`))
    }
  }
  const lines = readErrors(Object.fromEntries(Object.entries(bad).map(([name, [value]]) => [name, value])))
  t.same(lines.map((line) => line.split(' ')[0]).sort(), Object.keys(bad).sort(), 'all of them are told at once')
})

t.test('a wrong form of one setting does not hide what is wrong with others together', async (t) => {
  const names = (environment: Record<string, string>) => readErrors(environment).map((line) => line.split(' ')[0])
  const wrong = {
    PORT: '-1',
    UPLOAD_MAX_BYTES: 'x',
    REDIS_URL: 'redis://',
    JWT_ALGORITHMS: 'HS256',
    UPLOAD_TYPES: 'exe',
  }
  t.same(names(wrong).sort(), ['JWT_SECRET', 'PORT', 'REDIS_URL', 'UPLOAD_MAX_BYTES', 'UPLOAD_TYPES'])
  const DATABASE_REPLICA_URL = 'postgres://replica/chat'
  t.same(names({ DATABASE_URL: 'mysql://host', DATABASE_REPLICA_URL }), ['DATABASE_URL'], 'and invents nothing')
})

t.test('ranges for webhooks are CIDR', async (t) => {
  for (const list of ['10.0.0.0/33', 'example.com', '10.0.0.0/8/8', '::/129', '10.0.0.0/', '10.0.0.0/8,x']) {
    t.same(readErrors({ WEBHOOK_ALLOW_CIDRS: list }), [
      'WEBHOOK_ALLOW_CIDRS must be a list of ranges such as 10.0.0.0/8',
    ])
  }
  const { webhooks } = readConfig({ WEBHOOK_ALLOW_CIDRS: '10.0.0.0/8, fd00::/8,192.168.0.1' })
  t.same(webhooks.allowedCidrs, ['10.0.0.0/8', 'fd00::/8', '192.168.0.1'])
})

t.test('mail needs a sender and an address for its links', async (t) => {
  const SMTP_URL = 'smtp://chat:Secret@mail.example.com'
  t.same(readErrors({ SMTP_URL }), [
    'MAIL_FROM must be set when SMTP_URL is',
    'PUBLIC_URL must be set when SMTP_URL is',
  ])
  t.match(readErrors({ SMTP_URL: 'smtp://chat:Secret/x@', MAIL_FROM: 'a@b', PUBLIC_URL: 'http://c' }), [
    /^SMTP_URL is not a URL/,
  ])
  t.notMatch(readErrors({ SMTP_URL: 'smtp://chat:Secret/x@' }).join(), 'Secret')
  const { mail } = readConfig({
    SMTP_URL,
    MAIL_FROM: 'Support <help@example.com>',
    PUBLIC_URL: 'https://chat.example.com/',
  })
  t.same(mail, { smtpUrl: SMTP_URL, from: 'Support <help@example.com>', publicUrl: 'https://chat.example.com' })
})

t.test('a bad setting is not repeated: it may be a secret', async (t) => {
  t.notMatch(readErrors({ PLATFORM_TOKEN: 'secret', DATABASE_URL: 'secret' }).join(), 'secret')
})

t.test('a URL that cannot be read is refused in one line without its value', async (t) => {
  const words = ['Secret', 'Pass']
  const bad: Record<string, string[]> = {
    REDIS_URL: [
      'redis://:Secret/Pass#1@127.0.0.1:6399',
      'redis://chat:12/Secret@127.0.0.1:6399',
      'redis://chat:12#Secret@127.0.0.1:6399',
      'redis://chat:12?Secret@127.0.0.1:6399',
      'redis://:Secret,Pass@127.0.0.1',
      'redis://:Secret%zz@127.0.0.1',
      'redis://127.0.0.1:6379/Secret',
      'redis://127.0.0.1,http://:Secret@127.0.0.1',
      'redis://127.0.0.1,redis://:Secret/Pass@127.0.0.1',
      'redis://:Secret@',
    ],
    DATABASE_URL: [
      'postgresql://chat:Secret/Pass#1@127.0.0.1:5432/chat',
      'postgresql://chat:12/Secret@127.0.0.1/chat',
      'postgresql://chat:12#Secret@127.0.0.1/chat',
      'postgresql://chat:Secret%zz@127.0.0.1/chat',
      'postgresql://chat:Secret#Pass@127.0.0.1/chat',
    ],
  }
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const lines = readErrors({ [name]: value })
      t.equal(lines.length, 1, value)
      t.match(lines[0], new RegExp(`^${name} .*must be percent-encoded$`))
      for (const word of words) t.notMatch(lines[0], word)
    }
  }
})

t.test('replicas are a list beside a DATABASE_URL', async (t) => {
  const DATABASE_URL = 'postgresql://chat:Secret@primary/chat'
  const read = (list: string) => readConfig({ DATABASE_URL, DATABASE_REPLICA_URL: list }).databaseReplicaUrls
  t.same(readConfig({ DATABASE_URL }).databaseReplicaUrls, [])
  t.same(read('postgres://a/chat, postgres://b/chat,'), ['postgres://a/chat', 'postgres://b/chat'])
  t.same(readErrors({ DATABASE_REPLICA_URL: 'postgres://a/chat' }), ['DATABASE_REPLICA_URL needs DATABASE_URL'])
  for (const list of ['postgres://chat:Secret/x@a/chat', 'postgres://a/chat,http://b', 'postgres://chat:Secret,x@a']) {
    const lines = readErrors({ DATABASE_URL, DATABASE_REPLICA_URL: list })
    t.equal(lines.length, 1, list)
    t.match(lines[0], /^DATABASE_REPLICA_URL is not a URL: .*must be percent-encoded$/)
    t.notMatch(lines[0], 'Secret')
  }
})

t.test('URLs as people have them are taken', async (t) => {
  const good: Record<string, string[]> = {
    REDIS_URL: [
      'redis://127.0.0.1',
      'redis://127.0.0.1:6379/',
      'rediss://chat:Secret%2FPass%231@redis.example.com:6380/3',
      'redis://:a%2Cb@[::1]:6379,redis://[::1]:6380',
      'redis://localhost?family=6',
    ],
    DATABASE_URL: [
      'postgresql://chat:Secret%2FPass%231@127.0.0.1:5432/chat',
      'postgres://localhost/chat?sslmode=require',
      'postgresql:///chat?host=/var/run/postgresql',
      'postgresql://chat:word@/chat?host=/var/run/postgresql',
      'postgresql://chat:word@%2Fvar%2Frun%2Fpostgresql/chat',
      'postgresql://host/a chat',
      'postgresql://chat@server:word@server.example.com/chat',
    ],
  }
  for (const [name, values] of Object.entries(good)) {
    for (const value of values) t.strictSame(readErrors({ [name]: value }), [], value)
  }
})

t.test('a choice is told by what there is to choose', async (t) => {
  t.same(readErrors({ REDIS_KIND: 'double' }), ['REDIS_KIND must be one of single, sentinel, cluster'])
})

function readErrors(environment: Record<string, string | undefined>): string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    return error.message.split('\n')
  }
}
