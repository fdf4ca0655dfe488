import { Prisma } from '../generated/prisma/client.js'

/** PostgreSQL's codes, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505'
const awayCodes = new Set([
  '53300', // too many connections
  '57014', // statement timeout
  '57P01', // terminated by an administrator: the server is stopping
  '57P02', // crash of another backend
  '57P03', // starting up, or shutting down
  '57P05', // idle session timeout
  '25P03', // idle in transaction timeout
])
/** Prisma's: unreachable, timed out, connection closed, no connection from the pool, transaction gone. */
const awayPrismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'])
/** The operating system's, for a connection that breaks. */
const awaySystemCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
])
/** The adapter's, for what the operating system says of the connection. */
const awayKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout'])
const awayMessages =
  /connection terminated|timeout exceeded when trying to connect|not queryable|connect ECONN|ECONNRESET|EPIPE|the database system is|Cannot use a pool after calling end|server closed the connection|Query read timeout/i

/** Whether the database could not be asked: stopped, starting, unreachable, or out of connections. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof Prisma.PrismaClientKnownRequestError && awayPrismaCodes.has(error.code)) return true
  if (awayKinds.has(adapterFailure(error)?.kind ?? '')) return true
  if (isConnectionFailure(error)) return true
  const code = postgresCode(error)
  if (code !== undefined) return awayCodes.has(code) || code.startsWith('08')
  return awayMessages.test(error.message)
}

/** One address after the other may have been tried. Whatever went wrong while connecting, there is no connection. */
function isConnectionFailure(error: Error): boolean {
  if (error instanceof AggregateError)
    return error.errors.some((one) => one instanceof Error && isConnectionFailure(one))
  const { code = '', syscall } = error as NodeJS.ErrnoException
  return syscall === 'connect' || awaySystemCodes.has(code)
}

/** Whether PostgreSQL has refused a statement, so that nothing of it has happened. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) !== undefined
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && postgresCode(error) === UNIQUE_VIOLATION
}

/** The code that PostgreSQL gave, which Prisma keeps at different depths for raw and for ordinary queries. */
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
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: AdapterFailure } } }
  return meta?.driverAdapterError?.cause
}
