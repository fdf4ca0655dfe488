import { Prisma } from '../generated/prisma/client.js'

/** PostgreSQL's error codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505'
export const READ_ONLY = '25006'
const INSUFFICIENT_PRIVILEGE = '42501'
const LOCK_TIMEOUT = '55P03'
const STATEMENT_TIMEOUT = '57014'
const INVALID_PARAMETER = '22023'
const UNSUPPORTED = '0A000'
/** Classes: connection exception, wrong credentials, insufficient resources, system error. */
const awayClasses = new Set(['08', '28', '53', '58'])
/**
 * Codes of failures that a retry may fix: the client gets a 503 and tries again. What fails at each attempt (a missing
 * table or privilege, corrupted data) is a fault, and so is 25P02, which would be a bug of this service.
 */
const awayCodes = new Set([
  READ_ONLY, // a standby, or the old primary after a failover
  '25P03', // idle in transaction timeout
  '25P04', // transaction timeout
  UNSUPPORTED, // the table of a prepared statement has got another shape; the next connection prepares it anew
  '26000', // a prepared statement is gone: a pooler or DISCARD took it away
  '3D000', // the database was dropped or renamed
  '40001', // serialization failure; on a standby a conflict with recovery
  '40003', // statement completion unknown
  '40P01', // deadlock
  '42P05', // a prepared statement is there already: a pooler lent a connection of another client
  LOCK_TIMEOUT,
  STATEMENT_TIMEOUT,
  '57P01', // terminated by an administrator: the server is stopping
  '57P02', // crash of another backend
  '57P03', // starting up, or shutting down
  '57P04', // the database is being dropped
  '57P05', // idle session timeout
])
/** Codes among `awayCodes` that concern the statement alone: the connection stays usable. */
const harmlessCodes = new Set(['40001', '40P01', LOCK_TIMEOUT, STATEMENT_TIMEOUT])
/**
 * Prisma's codes: no access, unreachable, timed out, closed, no connection from the pool, transaction gone, conflict.
 */
const awayPrismaCodes = new Set([
  ...['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1010', 'P1011', 'P1017'],
  ...['P2024', 'P2028', 'P2034', 'P2037'],
])
/** System error codes of a broken connection. */
const awaySystemCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
])
/** Kinds of errors by which Prisma's adapter reports a broken connection. */
const awayKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout'])
const awayMessages =
  /connection terminated|timeout expired|timeout exceeded when trying to connect|not queryable|connect ECONN|ECONNRESET|EPIPE|the database system is|Cannot use a pool after calling end|server closed the connection|Query read timeout/i

/**
 * Whether the database is unavailable for now: stopped, starting, unreachable, read-only, out of connections, or too
 * slow.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof Prisma.PrismaClientKnownRequestError && awayPrismaCodes.has(error.code)) return true
  if (awayKinds.has(adapterFailure(error)?.kind ?? '')) return true
  if (isConnectionFailure(error)) return true
  const code = postgresCode(error)
  if (code !== undefined) return isAwayCode(code)
  return awayMessages.test(error.message)
}

const isAwayCode = (code: string) => awayCodes.has(code) || awayClasses.has(code.slice(0, 2))

/** Whether the server refuses writes. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) === READ_ONLY
}

/** Whether a connection cannot be used after this failure. A statement that PostgreSQL refused leaves it intact. */
export function endsConnection(error: unknown): boolean {
  const code = error instanceof Error ? postgresCode(error) : undefined
  if (code === undefined) return true
  return code.startsWith('XX') || (isAwayCode(code) && code !== READ_ONLY && !harmlessCodes.has(code))
}

/** Whether an error is a failure to connect. Several addresses may have been tried, which gives an AggregateError. */
function isConnectionFailure(error: Error): boolean {
  if (error instanceof AggregateError)
    return error.errors.some((one) => one instanceof Error && isConnectionFailure(one))
  const { code = '', syscall } = error as NodeJS.ErrnoException
  // Node.js also reports ECONNRESET for an HTTP client that disconnects before its body has arrived, but without a
  // system call.
  return syscall === 'connect' || (syscall !== undefined && awaySystemCodes.has(code))
}

/** Whether PostgreSQL refused a statement, which then had no effect. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) !== undefined
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) === UNIQUE_VIOLATION
}

export function isPermissionDenied(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) === INSUFFICIENT_PRIVILEGE
}

/** Whether the server lacks a feature. For a prepared statement it may also mean that a table has changed. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) === UNSUPPORTED
}

export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) === LOCK_TIMEOUT
}

/** Whether a statement exceeded its timeout. */
export function isStatementTimeout(error: unknown): boolean {
  return error instanceof Error && (postgresCode(error) === STATEMENT_TIMEOUT || error.message === 'Query read timeout')
}

/** Whether PostgreSQL refused the value of a parameter, such as an unknown time zone. */
export function isInvalidParameter(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) === INVALID_PARAMETER
}

/** Returns PostgreSQL's error code, which Prisma keeps at different depths for raw and for ordinary queries. */
function postgresCode(error: Error): string | undefined {
  if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return UNIQUE_VIOLATION
  const candidates = [adapterFailure(error)?.originalCode, (error as { code?: unknown }).code]
  return candidates.find((code): code is string => typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code))
}

interface AdapterFailure {
  kind?: string
  originalCode?: unknown
}

function adapterFailure(error: Error): AdapterFailure | undefined {
  // Prisma wraps errors of statements, but not those of the beginning and the end of a transaction.
  const wrapped = error as { meta?: { driverAdapterError?: { cause?: AdapterFailure } } }
  const bare = error as { cause?: AdapterFailure }
  return error.name === 'DriverAdapterError' ? bare.cause : wrapped.meta?.driverAdapterError?.cause
}
