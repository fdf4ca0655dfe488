import type { FieldErrors } from '../protocol/schemas/error-body.js'
import { splitList } from './split-list.js'

const ENCODE = 'characters such as / # ? @ , in a password must be percent-encoded'

interface Urls {
  DATABASE_URL?: string
  MIGRATION_DATABASE_URL?: string
  DATABASE_REPLICA_URL?: string
  REDIS_URL?: string
  PUBLIC_URL?: string
  S3_ENDPOINT?: string
  OTEL_EXPORTER_OTLP_ENDPOINT?: string
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string
}

/** Checks the settings that are URLs, as far as their schemas cannot. */
export function checkUrls(urls: Urls): FieldErrors {
  const check = (field: keyof Urls, checkUrl: (field: string, text: string) => FieldErrors) => {
    const text = urls[field]
    return text === undefined ? [] : checkUrl(field, text)
  }
  return [
    ...check('DATABASE_URL', checkDatabaseUrl),
    ...check('MIGRATION_DATABASE_URL', checkDatabaseUrl),
    ...checkReplicaUrls('DATABASE_REPLICA_URL', splitList(urls.DATABASE_REPLICA_URL), urls.DATABASE_URL),
    ...check('REDIS_URL', (field, text) => checkRedisUrls(field, splitList(text))),
    ...check('PUBLIC_URL', checkPublicUrl),
    ...check('S3_ENDPOINT', checkHttpUrl),
    ...check('OTEL_EXPORTER_OTLP_ENDPOINT', checkHttpUrl),
    ...check('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', checkHttpUrl),
  ]
}

/**
 * Describes what is wrong with a database URL, without its value: the message of a library may contain the password. The
 * host may be missing, or a folder of Unix sockets.
 */
function checkDatabaseUrl(field: string, text: string): FieldErrors {
  // The driver reads a URL without a host in the same way.
  const url = parse(text.replaceAll(' ', '%20').replace('@/', '@host/'), 'postgres://host')
  return url === undefined || isTorn(url) ? [{ field, message: `is not a URL: ${ENCODE}` }] : []
}

/** The same for the URLs of its replicas. The embedded database has none. */
function checkReplicaUrls(field: string, list: string[], databaseUrl: string | undefined): FieldErrors {
  if (list.length === 0) return []
  if (databaseUrl === undefined) return [{ field, message: 'needs DATABASE_URL' }]
  if (!list.every((text) => /^postgres(ql)?:/.test(text))) return [{ field, message: `is not a URL: ${ENCODE}` }]
  return list.flatMap((text) => checkDatabaseUrl(field, text)).slice(0, 1)
}

/** Describes what is wrong with a list of Redis URLs. */
function checkRedisUrls(field: string, list: string[]): FieldErrors {
  const urls = list.map((text) => parse(text))
  const isRedis = (url: URL | undefined) =>
    url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && !isTorn(url)
  if (!urls.every(isRedis)) return [{ field, message: `is not a URL: ${ENCODE}` }]
  if (!urls.every((url) => /^(\/\d*)?$/.test(url?.pathname ?? '')))
    return [{ field, message: `must end with its port or the number of a database, or is not a URL: ${ENCODE}` }]
  return []
}

/** The same for the address of the service: what is appended to it would end up in a query or a fragment. */
function checkPublicUrl(field: string, text: string): FieldErrors {
  const url = parse(text)
  const isBare = url !== undefined && !/[?#]/.test(text) && url.username === '' && url.password === ''
  return isBare ? [] : [{ field, message: 'must be scheme, host and path, without a query or a password' }]
}

/** The same for a URL that requests are sent to. */
const checkHttpUrl = (field: string, text: string): FieldErrors =>
  parse(text) === undefined ? [{ field, message: 'is not a URL' }] : []

function parse(text: string, base?: string): URL | undefined {
  if (!URL.canParse(text, base)) return undefined
  const url = new URL(text, base)
  return [url.username, url.password, url.pathname].every(isDecodable) ? url : undefined
}

/** An unencoded `/`, `?` or `#` in a password ends the host early and leaves an `@` in the rest. */
const isTorn = ({ pathname, search, hash }: URL) => `${pathname}${search}`.includes('@') || hash !== ''

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
