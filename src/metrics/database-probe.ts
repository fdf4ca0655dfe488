import { openPool } from '../database/connection-pool.js'
import { describeTarget, type DatabaseOptions } from '../database/database.js'
import { selectBacklog, type WebhookBacklog } from '../webhooks/backlog.js'

/** A scrape waits this long for PostgreSQL at most. */
const PATIENCE_MS = 500
/**
 * The connection gives up after this time, so that a server that is back is noticed soon. A server that is merely busy gets
 * its time: what is asked now may answer the next scrape.
 */
const GIVE_UP_MS = 3000
/** What describes the installation is read this often at most, however many scrape. */
const INSTALLATION_AGE_MS = 10_000
/** Counting stops here: it may not cost more on a large installation. */
export const MOST_COUNTED = 10_000

/** The sessions of the whole installation. */
export interface OpenSessions {
  /** Open ones, which no admin has claimed, and claimed ones; each `MOST_COUNTED` at most. */
  open: number
  claimed: number
  /** How long the oldest open session has waited; 0 where there is none. */
  oldestOpenSeconds: number
}

/** What PostgreSQL says. What it has not told is undefined. */
export interface DatabaseState {
  isUp: boolean
  sessions?: OpenSessions | undefined
  webhooks?: WebhookBacklog | undefined
}

/** Asks PostgreSQL how it is, by a connection of its own: a pool that is exhausted does not look like a database that is away. */
export interface DatabaseProbe {
  /** Resolves within half a second. */
  read(): Promise<DatabaseState>
  close(): Promise<void>
}

/** Each count follows a partial index and ends at the limit. */
const countSessions = `
  select
    (select count(*) from (select from chat_session where status = 'open' limit ${MOST_COUNTED}) o)::int as open,
    (select count(*) from (select from chat_session where status = 'claimed' limit ${MOST_COUNTED}) c)::int as claimed,
    coalesce((select greatest(extract(epoch from clock_timestamp() - created), 0) from chat_session
      where status = 'open' order by id limit 1), 0)::float8 as "oldestOpenSeconds"`

export function openDatabaseProbe(options: DatabaseOptions): DatabaseProbe {
  const target = describeTarget({ ...options, databaseStatementTimeoutMs: GIVE_UP_MS })
  const pool = openPool(target, { max: 1, connectionTimeoutMillis: GIVE_UP_MS, query_timeout: GIVE_UP_MS })
  let installation: Pick<DatabaseState, 'sessions' | 'webhooks'> = {}
  let readAt = -Infinity
  let asking: Promise<boolean> | undefined

  async function ask(): Promise<boolean> {
    try {
      if (performance.now() - readAt < INSTALLATION_AGE_MS) await pool.query('select 1')
      else {
        const { rows: sessions } = await pool.query<OpenSessions>(countSessions)
        const { rows: webhooks } = await pool.query<WebhookBacklog>(selectBacklog)
        installation = { sessions: sessions[0], webhooks: webhooks[0] }
        readAt = performance.now()
      }
      return true
    } catch {
      installation = {}
      readAt = -Infinity
      return false
    }
  }

  return {
    async read() {
      // One at a time: scrapes that come meanwhile share the answer.
      asking ??= ask().finally(() => (asking = undefined))
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), PATIENCE_MS)))
      const isUp = await Promise.race([asking, late])
      clearTimeout(timer)
      return isUp ? { isUp, ...installation } : { isUp }
    },
    close: () => pool.end(),
  }
}
