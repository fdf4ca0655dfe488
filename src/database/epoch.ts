import { Prisma } from '../generated/prisma/client.js'
import { unavailable } from '../errors/request-error.js'
import { rawOf, type Statements } from './database.js'
import { isDatabaseAway, isUnsupported } from './failures.js'

const databaseId = `(select oid from pg_database where datname = current_database())`
const tableId = `'chat_session'::regclass::oid`
const systemId = `(select system_identifier from pg_control_system())`
/** The control file shows a new timeline only after its first checkpoint; the write-ahead log shows it at once. */
const timeline = `case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end`
/** Set by operators, because a restored copy of the data folder has the same identity as the original. */
const byHand = `coalesce(current_setting('store_chat.epoch', true), '')`
const startedAt = `extract(epoch from pg_postmaster_start_time())`

/** Concatenates identities to one text; null when one of them is null. */
const join = (parts: string[]) => `(${parts.map((part) => `(${part})::text`).join(` || '.' || `)})`

/** What identifies a history, best first. Some hosted servers forbid the functions of the first ones. */
const candidates = [
  [systemId, timeline, databaseId, tableId, byHand],
  [systemId, databaseId, tableId, byHand],
  [databaseId, tableId, byHand],
]

/** A hash, because the identity of the server must not be visible to clients. */
const shorten = (text: string) =>
  `translate(left(encode(sha256(convert_to(${text}, 'UTF8')), 'base64'), 16), '+/', '-_')`

/** SQL that identifies the current history of the database. */
export interface EpochExpressions {
  /**
   * SQL of one text, the epoch that clients see: the history that ids and `seq` count in. It changes with every
   * promotion, and with every restore into another cluster, database or table. Null on a standby, which may be promoted
   * to another history.
   */
  epoch: string
  /**
   * SQL of one text: the epoch and the start time of the server. It changes at every restart, and the data of a server
   * can only be replaced with a restart.
   */
  run: string
  /** SQL of one text: the epoch without its timeline, which a primary and all its standbys have in common. */
  lineage: string
}

/** Finds the expressions that the role may read in this database. */
export async function findEpochExpressions(db: Statements): Promise<EpochExpressions> {
  for (const parts of candidates) {
    const epoch = shorten(join(parts))
    const run = shorten(join([...parts, startedAt]))
    const lineage = shorten(join(parts.filter((part) => part !== timeline)))
    try {
      await rawOf(db).$queryRaw(Prisma.sql`select ${Prisma.raw(epoch)}, ${Prisma.raw(run)}`)
      return { epoch, run, lineage }
    } catch (error) {
      if (isDatabaseAway(error) && !isUnsupported(error)) throw error
    }
  }
  throw new Error('The identity of the database cannot be read')
}

/** @throws RequestError 503 on a standby */
export function requireEpoch(epoch: string | null): string {
  if (epoch === null) throw unavailable('The database is not available right now')
  return epoch
}
