import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../../errors/startup-error.js'
import { checkDatabase } from './check-database.js'
import { openConnection, type ConnectionTarget } from '../connection-pool.js'
import { isDatabaseAway } from '../failures.js'

const PAUSE_MS = 1000
const CONNECT_TIMEOUT_MS = 3000
/** A host name may become known late while containers start. After this time an unknown name counts as wrong. */
const NAME_TIMEOUT_MS = 10_000

/**
 * Waits until the database answers and accepts writes, and checks it. Returns what `checkDatabase` returns.
 * @throws StartupError at once for what waiting does not fix, otherwise after the timeout
 */
export async function waitForDatabase(
  target: ConnectionTarget,
  timeoutMs: number,
  onRetry: (reason: string) => void,
): Promise<string | undefined> {
  const startedAt = performance.now()
  for (;;) {
    try {
      return await tryDatabase(target)
    } catch (error) {
      if (error instanceof StartupError) throw error
      const reason = describeReason(error)
      if (!isTransient(error)) throw new StartupError(`The database refuses: ${reason}${adviseOn(reason)}`)
      const patienceMs = isUnknownName(error) ? Math.min(timeoutMs, NAME_TIMEOUT_MS) : timeoutMs
      if (performance.now() - startedAt >= patienceMs) throw new StartupError(`The database did not answer: ${reason}`)
      onRetry(reason)
      await delay(PAUSE_MS)
    }
  }
}

async function tryDatabase(target: ConnectionTarget): Promise<string | undefined> {
  const client = await openConnection(target, { connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  try {
    return await checkDatabase(client, target)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/**
 * Whether waiting may fix an error. It does not fix wrong credentials, an unknown database, a certificate, or a pooler
 * that refuses settings.
 */
function isTransient(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (code.startsWith('28') || code === '3D000') return false
  return isDatabaseAway(error) && !POOLER_REFUSALS.test(message) && !message.includes(UNSUPPORTED_PARAMETER)
}

/** Messages of PgBouncer, which uses one code (08P01) for everything. */
const UNSUPPORTED_PARAMETER = 'unsupported startup parameter'
const POOLER_REFUSALS =
  /no such (database|user)|authentication failed|auth failed|(database|role) ".*" does not exist|not permitted/i

function adviseOn(reason: string): string {
  if (reason.includes(UNSUPPORTED_PARAMETER)) return '. It is a pooler: set DATABASE_POOLER to session or transaction.'
  if (/SSL|certificate/i.test(reason)) return '. See sslmode and sslrootcert in the URL.'
  return ''
}

const isUnknownName = (error: unknown) => (error as { code?: unknown }).code === 'ENOTFOUND'

/**
 * Describes an error in one line. A refused connection to a name with several addresses is an AggregateError without a
 * message.
 */
export function describeReason(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  const reason = [message, code].find((reason) => reason !== undefined && reason !== '') ?? String(error)
  return reason.trim().replaceAll(/\s+/g, ' ')
}
