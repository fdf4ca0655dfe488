import type { TestDatabase } from './database.js'

/**
 * Sets a session back to how it stood at a seq, as a standby that lagged would have it: what came later is gone, and its
 * message ids are given again.
 */
export async function setBack({ query }: TestDatabase, sessionId: number, seq: number): Promise<void> {
  await query(
    `with
      kept as (
        select coalesce(max(id), 0) as id, max(created) as created
        from chat_message where session_id = $1 and seq <= $2
      ),
      messages as (delete from chat_message where session_id = $1 and seq > $2),
      changes as (delete from chat_session_change where session_id = $1 and seq > $2),
      receipts as (
        update chat_receipt
        set delivered_up_to = least(delivered_up_to, kept.id), read_up_to = least(read_up_to, kept.id)
        from kept where session_id = $1
      )
    update chat_session s
    set seq = $2,
      change_seq = (select max(c.seq) from chat_session_change c where c.session_id = $1 and c.seq <= $2),
      last_message_at = coalesce(kept.created, s.created),
      updated = coalesce(kept.created, s.created)
    from kept where s.id = $1`,
    [sessionId, seq],
  )
  await query(`select setval('chat_message_id_seq', (select coalesce(max(id), 0) + 1 from chat_message), false)`)
}
