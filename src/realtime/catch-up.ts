import type { Account, Side } from '../accounts/authentication.js'
import type { Statements } from '../database/database.js'
import { idOrNull } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import { joinReceipts, messageJson } from '../messages/message.js'
import type { SessionChangeKind } from '../sessions/session-change.js'
import { sessionJson } from '../sessions/session.js'
import { changeFrame, messageFrame } from './announce.js'
import type { DurableEvent } from './sequencer.js'

/** Of a message `m`: who held the session when it was sent. */
const holderOfMessage = `case m.sender_type when 'admin' then m.sender_id else m.holder_id end`
const EVENTS_PER_READ = 200

interface EventRow {
  sessionId: bigint
  storeId: bigint
  seq: bigint
  holderId: bigint | null
  json: string
  messageId: bigint | null
  senderType: Side | null
  kind: SessionChangeKind | null
  previousHolderId: bigint | null
  previousChangeSeq: bigint | null
}

const eventsOfSession = Prisma.raw(`
  (select m.seq, ${holderOfMessage} as holder_id, (${messageJson('m')})::text as json, m.id as message_id,
    m.sender_type::text, null::text as kind, null::bigint as previous_holder_id, null::bigint as previous_change_seq
  from chat_message m where m.session_id = s.id and m.seq > asked.after order by m.seq limit ${EVENTS_PER_READ})
  union all
  (select c.seq, c.admin_id, c.session::text, null, null, c.kind::text, c.previous_admin_id,
    (select coalesce(max(p.seq), 0) from chat_session_change p where p.session_id = s.id and p.seq < c.seq)
  from chat_session_change c where c.session_id = s.id and c.seq > asked.after order by c.seq limit ${EVENTS_PER_READ})`)

/** What has happened in sessions since a seq, oldest first, some or all of it and without gaps. Keys are `session:after`. */
export async function readEvents(db: Statements, keys: string[]): Promise<Map<string, DurableEvent[]>> {
  const asked = keys.map((key) => key.split(':').map(Number)).map(([session_id, after]) => ({ session_id, after }))
  const rows = await db.$queryRaw<(EventRow & { after: bigint })[]>(Prisma.sql`
    select s.id as "sessionId", s.store_id as "storeId", asked.after, event.seq, event.holder_id as "holderId",
      event.json, event.message_id as "messageId", event.sender_type as "senderType", event.kind,
      event.previous_holder_id as "previousHolderId", event.previous_change_seq as "previousChangeSeq"
    from json_to_recordset(${JSON.stringify(asked)}::json) as asked(session_id bigint, after bigint)
    join chat_session s on s.id = asked.session_id ${Prisma.raw(joinReceipts('s.id'))}
    cross join lateral (${eventsOfSession}) event
    order by s.id, asked.after, event.seq`)
  const events = new Map<string, DurableEvent[]>(keys.map((key) => [key, []]))
  for (const row of rows) {
    const list = events.get(`${row.sessionId}:${row.after}`)
    // Both kinds are cut at their limit, so the later part may have holes; it is read by the next look.
    if (list && row.seq === row.after + BigInt(list.length) + 1n) list.push(toEvent(row))
  }
  return events
}

function toEvent(row: EventRow): DurableEvent {
  const seq = Number(row.seq)
  const facts = {
    sessionId: Number(row.sessionId),
    storeId: Number(row.storeId),
    holderId: idOrNull(row.holderId),
    seq,
  }
  if (row.kind === null) {
    const message = { ...facts, messageId: Number(row.messageId), senderType: row.senderType ?? 'store' }
    return { message, frame: messageFrame(seq, row.json) }
  }
  const previous = {
    previousHolderId: idOrNull(row.previousHolderId),
    previousChangeSeq: Number(row.previousChangeSeq),
  }
  return { change: { ...facts, ...previous, kind: row.kind }, frame: changeFrame(seq, row.json) }
}

/** What a resume is answered with, as JSON, and how far it goes. */
export interface Sync {
  seq: number
  json: string
  /** The newest message of the other side in it. */
  newestForeignId: number | null
  /** How far the other side has received and read. */
  deliveredUpTo: number
  readUpTo: number
}

interface SyncRow {
  seq: bigint
  json: string
  newestForeignId: bigint | null
  deliveredUpTo: bigint
  readUpTo: bigint
}

const MESSAGES_PER_SYNC = 200

/**
 * All that an account has missed of a session after a seq, and before the seq from which it was told live: its `seq` goes
 * no further, as what lies beyond may still be on its way to the socket. An admin who does not hold it any more is told
 * how it stands, but not what others wrote in it. Undefined when the account may not know of the session.
 */
export async function readSync(
  db: Statements,
  account: Account,
  missed: { sessionId: number; after: number; before: number },
): Promise<Sync | undefined> {
  const { sessionId, after, before } = missed
  const isAllowed = account.side === 'store' ? Prisma.sql`s.store_id = ${account.id}` : Prisma.sql`true`
  const isVisible =
    account.side === 'store'
      ? Prisma.sql`true`
      : Prisma.sql`(s.admin_id is null or s.admin_id = ${account.id}
          or coalesce(${Prisma.raw(holderOfMessage)}, ${account.id}) = ${account.id})`
  const by = Prisma.raw(account.side === 'store' ? 'by_admin' : 'by_store')
  const [row] = await db.$queryRaw<SyncRow[]>(Prisma.sql`
    select s.seq, missed.foreign_id as "newestForeignId", coalesce(${by}.delivered_up_to, 0) as "deliveredUpTo",
      coalesce(${by}.read_up_to, 0) as "readUpTo",
      json_build_object('session', ${Prisma.raw(sessionJson('s'))}, 'messages', missed.messages,
        'seq', least(s.seq, ${before}::bigint - 1),
        'complete', missed.count <= ${MESSAGES_PER_SYNC})::text as json
    from chat_session s ${Prisma.raw(joinReceipts('s.id'))}
    cross join lateral (
      select count(*) as count, max(m.id) filter (where m.sender_type <> ${account.side}::side) as foreign_id,
        coalesce(json_agg(${Prisma.raw(messageJson('m'))} order by m.seq)
          filter (where m.place <= ${MESSAGES_PER_SYNC}), '[]') as messages
      from (
        select m.*, row_number() over (order by m.seq) as place from chat_message m
        where m.session_id = s.id and m.seq > ${after} and m.seq < ${before} and ${isVisible}
        order by m.seq limit ${MESSAGES_PER_SYNC + 1}
      ) m
    ) missed
    where s.id = ${sessionId} and ${isAllowed}`)
  if (row === undefined) return undefined
  const { json } = row
  const [seq, deliveredUpTo, readUpTo] = [Number(row.seq), Number(row.deliveredUpTo), Number(row.readUpTo)]
  return { seq, json, newestForeignId: idOrNull(row.newestForeignId), deliveredUpTo, readUpTo }
}

/** The tokens that were revoked lately. */
export async function readRevokedTokens(db: Statements): Promise<number[]> {
  const rows = await db.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    select id from access_token where revoked_at > clock_timestamp() - interval '10 minutes'`)
  return rows.map(({ id }) => Number(id))
}

/** A session as `ready` gives it: as JSON, with its seq. */
export async function readReadySessions(
  db: Statements,
  storeIds: number[],
): Promise<Map<number, { sessionId: number; seq: number; json: string }>> {
  const rows = await db.$queryRaw<{ storeId: bigint; sessionId: bigint; seq: bigint; json: string }[]>(Prisma.sql`
    select s.store_id as "storeId", s.id as "sessionId", s.seq, (${Prisma.raw(sessionJson('s', `'seq', s.seq`))})::text as json
    from chat_session s where s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`)
  return new Map(
    rows.map(({ storeId, sessionId, seq, json }) => [
      Number(storeId),
      { sessionId: Number(sessionId), seq: Number(seq), json },
    ]),
  )
}

/** Whether a session was made after a moment of the database's clock. */
export async function wasCreatedSince(db: Statements, sessionId: number, moment: Date): Promise<boolean> {
  const [row] = await db.$queryRaw<{ isNew: boolean }[]>(Prisma.sql`
    select created >= ${moment} as "isNew" from chat_session where id = ${sessionId}`)
  return row?.isNew === true
}

/** A moment of the database's clock, in milliseconds since the epoch. */
export async function readDatabaseClock(db: Statements): Promise<number> {
  const [row] = await db.$queryRaw<{ now: Date }[]>(Prisma.sql`select clock_timestamp() as now`)
  return row?.now.getTime() ?? Date.now()
}
