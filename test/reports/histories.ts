import type { TestDatabase } from '../support/databases/database.js'

const SECOND_MS = 1000

/** A session's life, in seconds after its beginning. */
export interface History {
  created: number
  changes: { kind: string; after: number; adminId: number | null }[]
  /** When an admin wrote. */
  answers: number[]
  score?: number
  tags: string[]
}

/** Makes up a history: claimed, released, transferred, answered and closed, or not. */
export function makeHistory(random: () => number, from: number, to: number, adminIds: number[]): History {
  const below = (count: number) => Math.floor(random() * count)
  const anAdmin = () => adminIds[below(adminIds.length)] ?? 0
  const created = from + below((to - from) / SECOND_MS) * SECOND_MS
  const history: History = { created, changes: [], answers: [], tags: ['a', 'b'].filter(() => random() < 0.3) }
  let [after, holder]: [number, number | null] = [0, null]
  for (let step = below(6); step > 0; step--) {
    after += below(3000)
    const kind: string = holder === null ? 'claim' : random() < 0.5 ? 'release' : 'transfer'
    holder = kind === 'release' ? null : anAdmin()
    history.changes.push({ kind, after, adminId: holder })
    if (holder !== null && random() < 0.6) history.answers.push((after += below(500)))
  }
  if (random() < 0.7) {
    history.changes.push({ kind: 'close', after: after + below(1000), adminId: holder })
    if (random() < 0.5) history.score = 1 + below(5)
  }
  return history
}

/** Writes a history into the database as the service would have, each session of a store of its own. */
export async function writeHistory({ query }: TestDatabase, storeId: number, history: History): Promise<void> {
  const { created, changes, answers, score, tags } = history
  const at = (after: number) => new Date(created + after * SECOND_MS)
  const last = changes.at(-1)
  const isClosed = last?.kind === 'close'
  const holder = last?.adminId ?? null
  const status = isClosed ? 'closed' : holder === null ? 'open' : 'claimed'
  await query('insert into store (id, name) values ($1, $2)', [storeId, 'Store'])
  const [row] = await query<{ id: string }>(
    `insert into chat_session (store_id, status, admin_id, created, updated, last_message_at, closed_at, seq, change_seq)
     values ($1, $2, $3, $4, $5, $5, $6, 1000, 1000) returning id`,
    [storeId, status, holder, at(0), at(last?.after ?? 0), isClosed ? at(last.after) : null],
  )
  const events = [
    { kind: 'create', after: 0, adminId: null },
    ...changes,
    ...answers.map((after) => ({ kind: 'answer', after, adminId: 0 })),
  ].toSorted((one, other) => one.after - other.after)
  for (const [place, { kind, after, adminId }] of events.entries()) {
    if (kind === 'answer') {
      await query(
        `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
         values ($1, $2, 'admin', 1, 'a', '', '', $3)`,
        [row?.id, place + 1, at(after)],
      )
    } else {
      await query(
        `insert into chat_session_change (session_id, seq, kind, admin_id, session)
         values ($1, $2, $3, $4, json_build_object('updated', $5::timestamptz))`,
        [row?.id, place + 1, kind, adminId, at(after)],
      )
    }
  }
  if (score !== undefined) await query('insert into chat_rating (session_id, score) values ($1, $2)', [row?.id, score])
  await query(`insert into chat_session_details (session_id, tags, status) values ($1, $2, $3)`, [
    row?.id,
    tags,
    status,
  ])
}

/** The report, counted anew by plain SQL over the log of changes, group by group. `key`: SQL of the group over `s`. */
export const recount = (key: string, tags = '') => `
  with life as (
    select s.*, ${key} as key,
      (select min((c.session ->> 'updated')::timestamptz) from chat_session_change c where c.session_id = s.id and c.kind = 'claim') as claimed,
      (select min(m.created) from chat_message m where m.session_id = s.id and m.sender_type = 'admin') as answered,
      (select max((c.session ->> 'updated')::timestamptz) from chat_session_change c where c.session_id = s.id and c.kind = 'close') as ended,
      (select c.admin_id from chat_session_change c where c.session_id = s.id order by c.seq desc limit 1) as holder
    from chat_session s ${tags}
  ), spans as (
    select life.*, floor(extract(epoch from claimed - created)) as claim, floor(extract(epoch from answered - created)) as answer,
      floor(extract(epoch from ended - created)) as duration from life
  )
  select key::text, count(*)::int as sessions, count(ended)::int as closed,
    percentile_disc(0.5) within group (order by claim)::int as "claim50", percentile_disc(0.9) within group (order by claim)::int as "claim90",
    count(claim)::int as "claimCount",
    percentile_disc(0.5) within group (order by answer)::int as "answer50", percentile_disc(0.9) within group (order by answer)::int as "answer90",
    count(answer)::int as "answerCount",
    percentile_disc(0.5) within group (order by duration)::int as "duration50", percentile_disc(0.9) within group (order by duration)::int as "duration90",
    (select count(*) from chat_rating r where r.session_id = any(array_agg(spans.id)))::int as ratings,
    (select round(avg(r.score), 2) from chat_rating r where r.session_id = any(array_agg(spans.id)))::float8 as average
  from spans where created >= $1 and created < $2 group by key order by key`
