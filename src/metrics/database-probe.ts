import { openPool } from '../database/connection-pool.js'
import { describeTarget, type DatabaseOptions } from '../database/database.js'
import { selectBacklog, type WebhookBacklog } from '../webhooks/backlog.js'

/** Maximum time that a scrape waits for PostgreSQL. */
const PATIENCE_MS = 500
/**
 * A query is abandoned after this time, so that a recovered server is noticed soon. It is longer than a scrape waits, because
 * the answer of a busy server can still serve the next scrape.
 */
const GIVE_UP_MS = 3000
/** Minimum interval between reads of the counts of the installation, however often the metrics are scraped. */
const INSTALLATION_AGE_MS = 10_000
/** Maximum of each count, so that counting stays cheap on a large installation. */
export const MAX_COUNTED = 10_000

/** The sessions of the whole installation. */
export interface OpenSessions {
  /** Sessions that no admin has claimed. Like `claimed`, at most `MAX_COUNTED`. */
  open: number
  claimed: number
  /** Age of the oldest open session; 0 if there is none. */
  oldestOpenSeconds: number
}

/** Whether PostgreSQL answers, and the counts of the installation; these are undefined if they could not be read. */
export interface DatabaseState {
  isUp: boolean
  sessions?: OpenSessions | undefined
  webhooks?: WebhookBacklog | undefined
}

/** Checks PostgreSQL on a separate connection, so that an exhausted pool does not look like a database that is down. */
export interface DatabaseProbe {
  /** Resolves within half a second, with `isUp: false` if PostgreSQL has not answered by then. */
  read(): Promise<DatabaseState>
  close(): Promise<void>
}

/** Each count follows a partial index and ends at the limit. */
const countSessions = `
  select
    (select count(*) from (select from chat_session where status = 'open' limit ${MAX_COUNTED}) o)::int as open,
    (select count(*) from (select from chat_session where status = 'claimed' limit ${MAX_COUNTED}) c)::int as claimed,
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
      // One query at a time: concurrent scrapes share its answer.
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
