import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Type, type Static } from '@sinclair/typebox'
import { checkLists } from './check-lists.js'
import { checkUrls } from './check-urls.js'
import { splitList } from './split-list.js'
import { StartupError } from '../errors/startup-error.js'
import { checkFileSettings, fileSettings, nameFileSettings } from '../files/settings/file-settings.js'
import { checkJwtSettings, jwtEnvironment, readJwtSettings } from '../jwt/jwt-settings.js'
import { readText } from '../http/validation.js'
import type { FieldErrors } from '../protocol/schemas/error-body.js'
import type { ClientLimits } from '../protocol/schemas/client-limits.js'
import { checkMailSettings, mailEnvironment, readMailSettings } from '../mail/mail-settings.js'
import { metricsEnvironment, readMetricsSettings } from '../metrics/settings/metrics-settings.js'
import { readTracingSettings, tracingEnvironment } from '../tracing/tracing-settings.js'
import { checkWebhookSettings, readWebhookSettings, webhookEnvironment } from '../webhooks/webhook-settings.js'

const packageFolder = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const Count = (minimum: number, maximum: number, initial: number, description: string) =>
  Type.Integer({ minimum, maximum, default: initial, description })
const List = (description: string) => Type.String({ default: '', description })

/** Every setting of the service, by the name of its environment variable. An empty variable counts as unset. */
export const EnvironmentSchema = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on; `0.0.0.0` for all.' }),
  PORT: Count(0, 65_535, 8000, 'Port to listen on; 0 takes a free one.'),
  ...metricsEnvironment,
  DATABASE_URL: Type.Optional(
    Type.String({ pattern: '^postgres(ql)?://', description: 'PostgreSQL 15 or newer. Unset: an embedded one.' }),
  ),
  MIGRATION_DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description: 'The same database for migrations: past the pooler, or with a role that may create tables.',
    }),
  ),
  DATABASE_REPLICA_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description: 'Read replicas of that database, separated by commas: for old messages, transcripts and reports.',
    }),
  ),
  DATABASE_POOLER: Type.Union([Type.Literal('none'), Type.Literal('session'), Type.Literal('transaction')], {
    default: 'none',
    description: 'The pooler that DATABASE_URL leads to, by its mode.',
  }),
  DATA_DIR: Type.String({
    default: packageFolder('data'),
    description: 'Where the embedded PostgreSQL keeps its data.',
  }),
  DATABASE_POOL_SIZE: Count(2, 500, 10, 'Connections of this node to PostgreSQL.'),
  DATABASE_ACQUIRE_TIMEOUT_MS: Count(
    10,
    60_000,
    2000,
    'How long a request waits for a connection before it gets a 503.',
  ),
  DATABASE_STATEMENT_TIMEOUT_MS: Count(10, 60_000, 5000, 'How long one statement may take.'),
  DATABASE_START_TIMEOUT_MS: Count(
    0,
    3_600_000,
    60_000,
    'How long the start waits for a database that is not there yet.',
  ),
  SESSION_CACHE_MB: Count(0, 1024, 64, 'Memory for what stores that ask again and again are given; 0: none.'),
  SEARCH_LANGUAGE: Type.String({
    default: 'simple',
    pattern: '^[a-z_][a-z0-9_]{0,30}$',
    description:
      'The text search configuration of PostgreSQL for messages, such as `english`; `simple` for all languages.',
  }),
  REDIS_URL: Type.Optional(
    Type.String({ pattern: '^rediss?://', description: 'Redis that connects the nodes. Unset: there is one node.' }),
  ),
  REDIS_KIND: Type.Union([Type.Literal('single'), Type.Literal('sentinel'), Type.Literal('cluster')], {
    default: 'single',
    description: 'With `sentinel` and `cluster` REDIS_URL may list several, separated by commas.',
  }),
  REDIS_SENTINEL_MASTER: Type.String({ default: 'mymaster', description: 'What the sentinels call the master.' }),
  REDIS_PREFIX: Type.String({
    default: 'store-chat',
    pattern: '^[\\w:.-]{1,64}$',
    description: 'Begins every channel name.',
  }),
  PLATFORM_TOKEN: Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x2b\\x2d-\\x7e]{16,512}(, ?[\\x21-\\x2b\\x2d-\\x7e]{16,512})?$',
      description: "Opens the platform's routes; two, separated by a comma, while it is rotated. Unset: they are off.",
    }),
  ),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'Where clients reach the service, with its path if it has one. Unset: as each request says.',
    }),
  ),
  ...jwtEnvironment,
  ...webhookEnvironment,
  ...mailEnvironment,
  CORS_ORIGINS: List('Origins whose pages may call the API, separated by commas; `*` for any.'),
  WEBSOCKET_ORIGINS: List('Origins whose pages may open sockets, separated by commas. Empty, or `*`: any.'),
  WIDGET_ORIGINS: List('Origins whose pages may embed the widget, separated by commas. Empty: any.'),
  SOCKETS_PER_ACCOUNT: Count(1, 10_000, 20, 'Sockets that one account may have on this node.'),
  SOCKET_FRAME_BYTES: Count(1024, 16_777_216, 65_536, 'Largest frame that a client may send.'),
  SOCKET_FRAMES_PER_SECOND: Count(1, 100_000, 20, 'Frames that a client may send per second, in the long run.'),
  SOCKET_FRAME_BURST: Count(1, 100_000, 40, 'Frames that a client may send at once.'),
  SOCKET_BUFFER_BYTES: Count(1024, 1_073_741_824, 1_048_576, 'What may wait for a slow reader before it is cut.'),
  SOCKET_PING_INTERVAL_MS: Count(100, 600_000, 30_000, 'How often sockets are pinged; two missed and they are cut.'),
  LIMIT_REQUESTS_PER_SECOND: Count(
    0,
    1_000_000,
    50,
    'Requests of an account per second, in the long run; 0: no limit.',
  ),
  LIMIT_REQUEST_BURST: Count(0, 1_000_000, 500, 'Requests of an account at once; 0: no limit.'),
  LIMIT_MESSAGES_PER_SECOND: Count(
    0,
    1_000_000,
    20,
    'Messages of an account per second, in the long run; 0: no limit.',
  ),
  LIMIT_MESSAGE_BURST: Count(0, 1_000_000, 200, 'Messages of an account at once; 0: no limit.'),
  LIMIT_FAILED_AUTH_PER_MINUTE: Count(0, 1_000_000, 600, 'Failed authentications of an address; 0: no limit.'),
  ...fileSettings,
  TRUST_PROXY: List('Addresses (CIDR) of proxies whose `X-Forwarded-For` is believed, separated by commas.'),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info', description: '`debug` logs every request.' },
  ),
  LOG_SLOW_STATEMENT_MS: Count(0, 60_000, 1000, 'Statements that take so long are logged; 0: none.'),
  ...tracingEnvironment,
})

/** The settings by their names in the code. */
export type Config = Readonly<ReturnType<typeof nameSettings>>

/**
 * Reads the configuration from an environment.
 * @throws StartupError with one line for each bad setting
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.keys(EnvironmentSchema.properties).map((name) => [
      name,
      environment[name] === '' ? undefined : environment[name],
    ]),
  )
  const { value, errors: wrong = [] } = readText(EnvironmentSchema, given)
  const wrongNames = new Set(wrong.map(({ field }) => field))
  const settings = value ?? keepWrong(given, wrongNames)
  const all = [...wrong, ...checkTogether(settings).filter(({ field }) => !wrongNames.has(field))]
  if (all.length > 0) throw new StartupError(all.map(({ field, message }) => `${field} ${message}`).join('\n'))
  return Object.freeze(nameSettings(settings))
}

/** The settings, the wrong ones as their texts, for the checks of several settings: these read no numbers. */
function keepWrong(given: Record<string, string | undefined>, names: Set<string>): Environment {
  const right = Object.fromEntries(Object.entries(given).filter(([name]) => !names.has(name)))
  const wrong = Object.fromEntries([...names].map((name) => [name, given[name]]))
  return { ...readText(EnvironmentSchema, right).value, ...wrong } as Environment
}

type Environment = Static<typeof EnvironmentSchema>

function checkTogether(environment: Environment): FieldErrors {
  return [
    ...checkLists(environment),
    ...checkWebhookSettings(environment),
    ...checkMailSettings(environment),
    ...checkUrls(environment),
    ...checkJwtSettings(environment),
    ...checkFileSettings(environment),
  ]
}

function nameSettings(environment: Environment) {
  return {
    host: environment.HOST,
    port: environment.PORT,
    databaseUrl: environment.DATABASE_URL,
    migrationDatabaseUrl: environment.MIGRATION_DATABASE_URL,
    databaseReplicaUrls: splitList(environment.DATABASE_REPLICA_URL),
    // The embedded PostgreSQL has no pooler in front.
    databasePooler: environment.DATABASE_URL === undefined ? 'none' : environment.DATABASE_POOLER,
    // Its PostgreSQL runs in another working directory.
    dataFolder: resolve(environment.DATA_DIR),
    databasePoolSize: environment.DATABASE_POOL_SIZE,
    databaseAcquireTimeoutMs: environment.DATABASE_ACQUIRE_TIMEOUT_MS,
    databaseStatementTimeoutMs: environment.DATABASE_STATEMENT_TIMEOUT_MS,
    databaseStartTimeoutMs: environment.DATABASE_START_TIMEOUT_MS,
    sessionCacheMb: environment.SESSION_CACHE_MB,
    searchLanguage: environment.SEARCH_LANGUAGE,
    redis:
      environment.REDIS_URL === undefined
        ? undefined
        : {
            kind: environment.REDIS_KIND,
            urls: splitList(environment.REDIS_URL),
            sentinelMaster: environment.REDIS_SENTINEL_MASTER,
            prefix: environment.REDIS_PREFIX,
          },
    platformToken: environment.PLATFORM_TOKEN,
    publicUrl: environment.PUBLIC_URL?.replace(/\/+$/, ''),
    jwt: readJwtSettings(environment),
    webhooks: readWebhookSettings(environment),
    unreadAfterMs: environment.MAIL_AFTER_MINUTES * 60_000,
    mail: readMailSettings(environment),
    corsOrigins: splitList(environment.CORS_ORIGINS),
    websocketOrigins: readWebsocketOrigins(splitList(environment.WEBSOCKET_ORIGINS)),
    widgetOrigins: splitList(environment.WIDGET_ORIGINS),
    socketsPerAccount: environment.SOCKETS_PER_ACCOUNT,
    socketFrameBytes: environment.SOCKET_FRAME_BYTES,
    socketPingIntervalMs: environment.SOCKET_PING_INTERVAL_MS,
    socketLimits: {
      bufferBytes: environment.SOCKET_BUFFER_BYTES,
      framesPerSecond: environment.SOCKET_FRAMES_PER_SECOND,
      frameBurst: environment.SOCKET_FRAME_BURST,
    },
    limits: {
      requests: { perSecond: environment.LIMIT_REQUESTS_PER_SECOND, burst: environment.LIMIT_REQUEST_BURST },
      messages: { perSecond: environment.LIMIT_MESSAGES_PER_SECOND, burst: environment.LIMIT_MESSAGE_BURST },
      failedAuthPerMinute: environment.LIMIT_FAILED_AUTH_PER_MINUTE,
    },
    files: nameFileSettings(environment),
    trustProxy: splitList(environment.TRUST_PROXY),
    logLevel: environment.LOG_LEVEL,
    slowStatementMs: environment.LOG_SLOW_STATEMENT_MS,
    metrics: readMetricsSettings(environment),
    traces: readTracingSettings(environment),
  }
}

const readWebsocketOrigins = (list: string[]) => (list.includes('*') ? [] : list)

export const readClientLimits = ({ socketFrameBytes, socketLimits }: Config): ClientLimits => ({
  frame_bytes: socketFrameBytes,
  frames_per_second: socketLimits.framesPerSecond,
  frame_burst: socketLimits.frameBurst,
})
