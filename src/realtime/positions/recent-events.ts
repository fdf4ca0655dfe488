import { rawOf, type Statements } from '../../database/database.js'
import { defineColumns } from '../../database/columns.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { epochMs } from '../../database/sql.js'
import { Prisma } from '../../generated/prisma/client.js'
import { readPositionsWhere, type SessionPosition } from './session-positions.js'

/** The newest ids of the database, and the time of its clock. */
export interface DatabaseState {
  /** In milliseconds since the epoch. */
  at: number
  sessionId: number
  messageId: number
  changeId: number
  /** Identifies the run of the server that was asked, and the history that its ids count in; null on a standby. */
  run: string | null
  epoch: string | null
}

const stateColumnsOf = ({ run, epoch }: EpochExpressions) =>
  defineColumns<DatabaseState>({
    at: epochMs('clock_timestamp()'),
    sessionId: 'coalesce((select max(id) from chat_session), 0)',
    messageId: 'coalesce((select max(id) from chat_message), 0)',
    changeId: 'coalesce((select max(id) from chat_session_change), 0)',
    run,
    epoch,
  })

export async function readDatabaseState(db: Statements, epoch: EpochExpressions): Promise<DatabaseState> {
  const columns = stateColumnsOf(epoch)
  const [state] = await columns.read(db, columns.select)
  if (state === undefined) throw new Error('The state of the database got no answer')
  return state
}

/** The ids above which events are recent. */
export type Floor = Pick<DatabaseState, 'messageId' | 'changeId'>

/** SQL: events that every admin sees. An index leads to the newest of both kinds, so the cost follows what was written since. */
const recentMessages = ({ messageId }: Floor) =>
  Prisma.sql`from chat_message m where m.sender_type = 'store' and m.holder_id is null and m.id > ${messageId}`
const recentChanges = ({ changeId }: Floor) => Prisma.sql`from chat_session_change c where c.id > ${changeId}`

/** A session with recent events that every admin sees, and the first and the last seq of them. */
export interface MovedSession {
  sessionId: number
  first: number
  seq: number
}

const movedColumns = defineColumns<MovedSession>({ sessionId: 'session_id', first: 'first', seq: 'last' })

/** Reads the sessions with events above a floor that every admin sees. */
export async function readMovedForAdmins(db: Statements, floor: Floor): Promise<MovedSession[]> {
  return movedColumns.read(
    db,
    Prisma.sql`${movedColumns.select} from (
      select session_id, min(seq) as first, max(seq) as last from (
        select session_id, seq ${recentMessages(floor)}
        union all
        select session_id, seq ${recentChanges(floor)}
      ) event group by session_id) moved`,
  )
}

/** Reads the positions of the same sessions. */
export async function readMovedPositions(db: Statements, floor: Floor): Promise<SessionPosition[]> {
  return readPositionsWhere(
    db,
    Prisma.sql`s.id in (
      select session_id ${recentMessages(floor)} union select session_id ${recentChanges(floor)})`,
  )
}

/** Reads, of these sessions, the first seq above a floor that every admin sees. A session without one is not in the answer. */
export async function readFirstSeqs(db: Statements, sessionIds: number[], floor: Floor): Promise<Map<number, number>> {
  if (sessionIds.length === 0) return new Map()
  const rows = await rawOf(db).$queryRaw<{ sessionId: bigint; first: bigint | null }[]>(Prisma.sql`
    select asked.id as "sessionId", least(
      (select min(m.seq) ${recentMessages(floor)} and m.session_id = asked.id),
      (select min(c.seq) ${recentChanges(floor)} and c.session_id = asked.id)) as first
    from unnest(${sessionIds}::bigint[]) as asked(id)`)
  return new Map(rows.flatMap(({ sessionId, first }) => (first === null ? [] : [[Number(sessionId), Number(first)]])))
}
