import type { TestDatabase } from '../databases/database.js'
import type { Hub } from '../../../src/realtime/hub.js'
import { within } from '../../../harness/until.js'

/** Sets a session back to a seq without receipts, as a restored backup does. The lost ids are assigned again. */
export async function setBack({ query }: TestDatabase, sessionId: number, seq: number): Promise<void> {
  await query(
    `with lost as (
       delete from chat_message where session_id = $1 and seq > $2
     ), lost_changes as (
       delete from chat_session_change where session_id = $1 and seq > $2
     ), receipts as (
       delete from chat_receipt where session_id = $1
     ), change as (
       select * from chat_session_change where session_id = $1 and seq <= $2 order by seq desc limit 1
     ), newest as (
       select coalesce((select created from chat_message where session_id = $1 and seq = $2),
         (change.session ->> 'updated')::timestamptz) as at from change
     )
     update chat_session s set seq = $2, change_seq = change.seq, admin_id = change.admin_id,
       status = (change.session ->> 'status')::session_status, closed_at = null,
       last_message_at = newest.at, updated = newest.at
     from change, newest where s.id = $1`,
    [sessionId, seq],
  )
  await query(`select setval('chat_message_id_seq', (select coalesce(max(id), 0) + 1 from chat_message), false)`)
}

/** Removes a session from the database, as a restored backup from before its creation does. */
export async function removeSession({ query }: TestDatabase, sessionId: number): Promise<void> {
  for (const table of ['chat_receipt', 'chat_message', 'chat_session_change', 'notification_session_mark']) {
    await query(`delete from ${table} where session_id = $1`, [sessionId])
  }
  await query('delete from chat_session where id = $1', [sessionId])
}

/** The stored messages of a session, by id, oldest first. */
export async function readContents({ query }: TestDatabase, sessionId: number): Promise<[number, string][]> {
  const rows = await query<{ id: string; content: string }>(
    'select id, content from chat_message where session_id = $1 order by seq',
    [sessionId],
  )
  return rows.map(({ id, content }) => [Number(id), content])
}

/** Waits for the end of a round of a node's reconciler. The next one begins `RECONCILE_INTERVAL_MS` later. */
export async function endRound({ store }: Hub): Promise<void> {
  const { closeVanished } = store
  const ended = new Promise<void>((resolve) => {
    store.closeVanished = () => {
      closeVanished()
      resolve()
    }
  })
  await within(10_000, ended, 'a round ends')
  store.closeVanished = closeVanished
}
