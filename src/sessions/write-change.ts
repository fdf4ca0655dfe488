import { rawOf, type Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { noteJson, type NoteRow } from '../database/rows/notes.js'
import { newestDetails } from '../database/rows/session-details.js'
import { sessionJson, storeRow, type SessionJson } from '../database/rows/sessions.js'
import { changeColumns, type SessionChangeRow } from '../database/rows/session-changes.js'
import type { Store } from '../protocol/schemas/accounts.js'
import type { SessionDetails } from '../protocol/schemas/desk.js'

/** A step of a session's life. */
export interface Step {
  /** SQL over `old`, the locked row: what kind of change it is. */
  kind: Prisma.Sql
  /** SQL over `old`: whether the step may be taken. */
  guard: Prisma.Sql
  /** SQL: what the step sets. */
  set: Prisma.Sql
  /** Who is to hold the session: only an admin that is active, otherwise the step is not taken. */
  heirId?: number
  /** What an admin writes to the heir, stored if the step is taken. */
  note?: { adminId: number; content: string } | undefined
}

/** The step that gives a session back to the open ones. */
export const release = { kind: Prisma.sql`'release'`, set: Prisma.sql`status = 'open', admin_id = null` }

/**
 * SQL of the parts `old`, `heir`, `changed` and `change` of a statement that locks sessions, takes a step and writes what
 * happened. The heir's row is locked before the session's, like whoever switches an admin off does it: so an admin that is
 * switched off cannot be given a session any more, and neither waits for the other in a circle.
 */
const changeParts = (which: Prisma.Sql, { kind, guard, set, heirId, note }: Step) => Prisma.sql`
  heir as materialized (
    select id from admin where id = ${heirId ?? null}::bigint and active for share
  ), old as materialized (
    select * from chat_session where ${which} and (select count(*) from heir) >= 0 order by id for update
  ), changed as (
    update chat_session s set ${set}, seq = old.seq + 1, change_seq = old.seq + 1,
      updated = greatest(clock_timestamp(), old.updated)
    from old where s.id = old.id and ${guard} and (${heirId === undefined} or exists (select from heir))
    returning s.*
  ), change as (
    insert into chat_session_change (session_id, seq, kind, admin_id, previous_admin_id, session)
    select s.id, s.seq, (${kind})::session_change_kind, s.admin_id, old.admin_id, ${Prisma.raw(sessionJson)}
    from changed s join old on old.id = s.id
    returning *
  )${note ? noteParts(note) : Prisma.empty}`

/** SQL of the part `note`. */
const noteParts = ({ adminId, content }: NonNullable<Step['note']>) => Prisma.sql`, note as (
    insert into chat_note (session_id, admin_id, content) 
    select s.id, ${adminId}::bigint, ${content}::text from changed s
    returning *
  )`

const oldColumns = Prisma.raw(`old.change_seq as "previousChangeSeq", old.updated as "previousUpdated"`)

/** What came of a step: the session, changed or not, and the change, whose fields are null where there was none. */
export type ChangeRow = { [Key in keyof SessionChangeRow]: SessionChangeRow[Key] | null } & {
  found: SessionJson
  store: Store
  /** Whether the heir may hold sessions. */
  isHeirActive: boolean
}

/** A ChangeRow with what only admins may know. */
export interface AdminChangeRow extends ChangeRow {
  /** null: the session has no details. */
  details: SessionDetails | null
  /** The note of the step; null where none was stored. */
  note: NoteRow | null
}

const adminColumns = Prisma.raw(`, ${newestDetails} as details, null as note`)
const adminColumnsWithNote = Prisma.raw(`, ${newestDetails} as details,
  (select ${noteJson} from note n join admin author on author.id = n.admin_id) as note`)

/** Takes a step with one session. Undefined when there is no such session; a row with a null `seq` when it is as it was. */
export async function writeChange(db: Statements, which: Prisma.Sql, step: Step): Promise<ChangeRow | undefined> {
  return writeOne(db, which, step, Prisma.empty)
}

/** The same for an admin. */
export async function writeAdminChange(
  db: Statements,
  sessionId: number,
  step: Step,
): Promise<AdminChangeRow | undefined> {
  const columns = step.note ? adminColumnsWithNote : adminColumns
  const row = await writeOne(db, Prisma.sql`id = ${sessionId}`, step, columns)
  return row && { ...row, details: row.details ?? null, note: row.note ?? null }
}

type WrittenRow = ChangeRow & Partial<Pick<AdminChangeRow, 'details' | 'note'>>

async function writeOne(
  db: Statements,
  which: Prisma.Sql,
  step: Step,
  columns: Prisma.Sql,
): Promise<WrittenRow | undefined> {
  const [row] = await rawOf(db).$queryRaw<WrittenRow[]>(Prisma.sql`
    with ${changeParts(which, step)}
    select ${changeColumns}, s.store_id as "storeId", ${oldColumns}, exists (select from heir) as "isHeirActive",
      ${Prisma.raw(sessionJson)} as found, ${Prisma.raw(storeRow)} as store${columns}
    from (select * from changed union all select * from old where not exists (select from changed)) s
    join old on old.id = s.id
    join store st on st.id = s.store_id
    left join change on true`)
  return row
}

/** Takes a step with all sessions of which `which` holds, in the order of their ids, and returns the changes. */
export async function writeChanges(db: Statements, which: Prisma.Sql, step: Step): Promise<SessionChangeRow[]> {
  return rawOf(db).$queryRaw<SessionChangeRow[]>(Prisma.sql`
    with ${changeParts(which, step)}
    select ${changeColumns}, s.store_id as "storeId", ${oldColumns}
    from change join changed s on s.id = change.session_id join old on old.id = s.id
    order by s.id`)
}
