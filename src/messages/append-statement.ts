import { defineColumns } from '../database/columns.js'
import type { Statements } from '../database/database.js'
import { epochMs } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import type { SessionStatus } from '../protocol/schemas/sessions.js'
import type { MessageDraft } from './append-messages.js'

/** A file of the sender, or of the session that the draft goes to. */
const joinOwnFile = `left join file f on f.id = i.file_id
        and (f.session_id = i.target_id or (f.owner_type = i.sender_type and f.owner_id = i.sender_id))`
const isFileKnown = `exists (select from chat_file where id = i.file_id)`
/** Whether a draft that names no file of its own is wrong, or to be looked at again. */
const isFileMissing = `(i.file_id is not null and (i.is_file_required or ${isFileKnown}))`
/** Whether the file is there, but locked by another statement. */
const isFileLocked = `(i.file_id is not null and not exists (select from file where id = i.file_id)
    and exists (select from chat_file where id = i.file_id and state in ('stored', 'named')))`

/**
 * One statement stores the messages of many sessions: it locks the sessions in id order, checks who may write, numbers the
 * messages from each session's `seq`, and returns the outcome of each draft, with the session as it was before. A draft
 * that was sent before is found by its `client_message_id`, without a lock.
 *
 * It waits for no other statement: drafts of a session that another statement has locked return as busy, so that a session
 * under load does not delay the messages of others. In READ COMMITTED a locked row is the newest version, while everything
 * else is as old as the statement's snapshot. A session whose `seq` has moved since the snapshot may already hold a draft
 * that the snapshot does not show: its drafts return as busy, too. So the insert meets no duplicate in its session, and
 * `seq` has no gap. Only an admin who uses an id for two sessions at the same moment makes the statement fail on
 * chat_message_once, without effect.
 *
 * Sessions and known messages are looked up draft by draft: in a join with the drafts, whose number the planner cannot
 * know, it would scan whole tables. The messages get their ids before the insert: in a join with the inserted rows, of
 * which the planner expects one, it would compare all with all.
 *
 * Drafts that may name files have a variant of their own, which also locks and links the files. Drafts of a file that
 * another statement has locked return as busy, too.
 */
const createStatement = (files?: typeof fileParts) =>
  Prisma.raw(`
  draft as materialized (
    select i.*, target.id as target_id, target.seq as snapshot_seq,
      case when client_message_id is not null then (select id from chat_message
        where sender_type = i.sender_type and sender_id = i.sender_id and client_message_id = i.client_message_id)
        end as known_id
    from input i left join lateral (
      select id, seq from chat_session where i.sender_type = 'store' and store_id = i.sender_id and status <> 'closed'
      union all select id, seq from chat_session where i.sender_type = 'admin' and id = i.session_id
    ) target on true
  ), locked as materialized (
    select * from chat_session where id = any(array(select target_id from draft where known_id is null))
    order by id for update skip locked
  ),${files?.lock ?? ''} fresh as materialized (
    select i.*, s.admin_id as holder_id, s.seq + row_number() over (partition by s.id order by i.position) as seq,
      nextval('chat_message_id_seq') as id,
      greatest(clock_timestamp(), s.last_message_at, s.updated)::timestamptz(3) as created${files?.columns ?? ''}
    from draft i join locked s on s.id = i.target_id and s.seq = i.snapshot_seq${files?.join ?? ''}
    where i.known_id is null and case i.sender_type when 'store' then s.status <> 'closed'
      else s.status = 'claimed' and s.admin_id = i.sender_id end${files?.condition ?? ''}
  ), stored as (
    insert into chat_message (id, session_id, seq, sender_type, sender_id, holder_id, content, attachment_url,
      attachment_type, client_message_id, created)
    select id, target_id, seq, sender_type, sender_id, case sender_type when 'store' then holder_id end, content,
      attachment_url, ${files?.type ?? 'attachment_type'}, client_message_id, created from fresh
  ),${files?.link ?? ''} advanced as (
    update chat_session s set seq = newest.seq, last_message_at = newest.created, updated = newest.created
    from (select target_id, max(seq) as seq, max(created) as created from fresh group by target_id) newest
    where s.id = newest.target_id
  )`)

/** What the statement has more for drafts that may name files; `f` is a file that its draft may name. */
const fileParts = {
  lock: `
  file as materialized (
    select id, owner_type, owner_id, session_id, type from chat_file
    where id = any(array(select file_id from draft where known_id is null)) and state in ('stored', 'named')
    order by id for update skip locked
  ),`,
  columns: `,
      f.id as linked_id, coalesce(f.type, i.attachment_type) as stored_type`,
  join: `
      ${joinOwnFile}`,
  condition: `
      and (f.id is not null or not ${isFileMissing})`,
  type: 'stored_type',
  link: `
  linked as (
    insert into chat_message_file (message_id, file_id) select id, linked_id from fresh where linked_id is not null
  ), named as (
    update chat_file set state = 'named', updated = clock_timestamp()
    where state = 'stored' and id in (select linked_id from fresh)
  ),`,
}

/** The outcome of a draft: of the message, only what the draft does not contain. */
export type OutcomeRow = {
  position: number
  /** The message that was stored before with its `client_message_id`. */
  knownId: number | null
  isBusy: boolean
  /** Who holds the store's active session, or the named one. */
  holderId: number | null
  /** Only of drafts that may name files. */
  isFileWrong?: boolean
  attachmentType?: string | null
} & (
  | {
      messageId: number
      seq: number
      /** In milliseconds since the epoch, like `sessionCreatedAt` and `sessionUpdatedAt`. */
      sentAt: number
      sessionUpdatedAt: number
      sessionId: number
      storeId: number
      status: SessionStatus
      sessionCreatedAt: number
    }
  | { messageId: null; status: SessionStatus | null }
)

const outcomeExpressions = {
  position: 'i.position',
  messageId: 'm.id',
  seq: 'm.seq',
  sentAt: epochMs('m.created'),
  knownId: 'i.known_id',
  isBusy: 'i.target_id is not null and s.seq is distinct from i.snapshot_seq',
  sessionId: 's.id',
  storeId: 's.store_id',
  holderId: 's.admin_id',
  status: 's.status',
  sessionCreatedAt: epochMs('s.created'),
  sessionUpdatedAt: epochMs('s.updated'),
}
const outcomeColumns = defineColumns<OutcomeRow>(outcomeExpressions)
const fileOutcomeColumns = defineColumns<OutcomeRow>({
  ...outcomeExpressions,
  isBusy: `(${outcomeExpressions.isBusy}) or ${isFileLocked}`,
  isFileWrong: `m.id is null and f.id is null and ${isFileMissing}`,
  attachmentType: 'm.stored_type',
})
const fromDrafts = `from draft i left join locked s on s.id = i.target_id left join fresh m on m.position = i.position`
const storeDrafts = createStatement()
const selectOutcomes = Prisma.sql`${outcomeColumns.select} ${Prisma.raw(fromDrafts)}`
const storeDraftsWithFiles = createStatement(fileParts)
const selectFileOutcomes = Prisma.sql`${fileOutcomeColumns.select} ${Prisma.raw(`${fromDrafts} ${joinOwnFile}`)}`

type Batch = (drafts: string) => Prisma.Sql
const createBatch: Batch = (drafts) => Prisma.sql`
    with input as (
      select * from rows from (json_to_recordset(${drafts}::json) as (sender_type side, sender_id bigint,
        session_id bigint, content text, attachment_url text, attachment_type text, client_message_id text))
        with ordinality as input(sender_type, sender_id, session_id, content, attachment_url, attachment_type,
          client_message_id, position)
    ), ${storeDrafts} ${selectOutcomes}`
const createBatchWithFiles: Batch = (drafts) => Prisma.sql`
    with input as (
      select * from rows from (json_to_recordset(${drafts}::json) as (sender_type side, sender_id bigint,
        session_id bigint, content text, attachment_url text, attachment_type text, client_message_id text,
        file_id text, is_file_required boolean))
        with ordinality as input(sender_type, sender_id, session_id, content, attachment_url, attachment_type,
          client_message_id, file_id, is_file_required, position)
    ), ${storeDraftsWithFiles} ${selectFileOutcomes}`

/** Runs the statement. Each draft has one row, whose position counts from 1; the rows come in any order. */
export async function runAppendStatement(db: Statements, drafts: MessageDraft[]): Promise<OutcomeRow[]> {
  const text = JSON.stringify(drafts)
  return drafts.some(({ file_id }) => file_id !== undefined)
    ? fileOutcomeColumns.read(db, createBatchWithFiles(text))
    : outcomeColumns.read(db, createBatch(text))
}
