import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { StartupError } from '../startup-error.js'

const PAUSE_MS = 1000
const CONNECT_TIMEOUT_MS = 3000
const OLDEST_SERVER = 150_000

/**
 * Waits until the database answers.
 * @throws StartupError when it does not within the time, refuses the credentials, or is older than PostgreSQL 15
 */
export async function waitForDatabase(
  databaseUrl: string,
  timeoutMs: number,
  onRetry: (reason: string) => void,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      await askVersion(databaseUrl)
      return
    } catch (error) {
      if (error instanceof StartupError) throw error
      if (isFinal(error)) throw new StartupError(`The database refuses: ${reasonOf(error)}`)
      if (Date.now() >= deadline) throw new StartupError(`The database did not answer: ${reasonOf(error)}`)
      onRetry(reasonOf(error))
      await delay(PAUSE_MS)
    }
  }
}

async function askVersion(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ version: number; name: string }>(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as name`,
    )
    const server = rows[0]
    if (server && server.version < OLDEST_SERVER)
      throw new StartupError(`PostgreSQL 15 is needed, this is ${server.name}`)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Waiting does not mend these: a wrong user or password, or a URL that is none. */
function isFinal(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === '28P01' || code === '28000' || code === 'ERR_INVALID_URL'
}

/** A refused connection to a name with several addresses is an AggregateError without a message. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return [message, code].find((reason) => reason !== undefined && reason !== '') ?? String(error)
}
