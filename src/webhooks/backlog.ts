/** What the webhooks of the whole installation have not got. */
export interface WebhookBacklog {
  /** Webhooks of which no event has failed. */
  working: number
  /** Webhooks of which an event waits for its next attempt, or was given up. */
  failing: number
  /** Webhooks that the platform has switched off. */
  off: number
  /** Webhooks that were switched off because their address answered 410. */
  gone: number
  /**
   * How long the oldest event waits that is still to be delivered, without webhooks that are switched off; 0 where there is
   * none.
   */
  oldestEventSeconds: number
}

/**
 * A large backlog is sampled, so that reading it stays cheap: the sessions that are due first, and those whose next attempt is
 * the furthest away. The latter have failed for the longest time, because the pauses grow.
 */
const SAMPLE = 50

const sample = (order: 'asc' | 'desc') => `
  (select session_id, seq, unread_id, attempts from webhook_session where webhook_id = w.id and due_at is not null
    order by due_at ${order} limit ${SAMPLE})`

/**
 * SQL that reads the backlog as a row. What was given up is looked for among the newest failures of the log, because no index
 * leads to it in `webhook_session`. The log alone does not tell: a test that failed is in it as well.
 */
export const selectBacklog = `
  select
    (count(*) filter (where active and not is_failing))::int as working,
    (count(*) filter (where active and is_failing))::int as failing,
    (count(*) filter (where not active and gone_at is null))::int as off,
    (count(*) filter (where not active and gone_at is not null))::int as gone,
    greatest(extract(epoch from clock_timestamp() - min(oldest) filter (where active)), 0)::float8 as "oldestEventSeconds"
  from (
    select w.active, w.gone_at, waiting.oldest, coalesce(waiting.has_failed, false) or exists (
      select from (
        select session_id from webhook_delivery where webhook_id = w.id and status = 'failed'
        order by id desc limit ${SAMPLE}
      ) d join webhook_session s on s.webhook_id = w.id and s.session_id = d.session_id where s.failed_at is not null
    ) as is_failing
    from webhook w
    cross join lateral (
      select bool_or(place.attempts > 0) as has_failed, min(event.at) as oldest
      from (${sample('asc')} union ${sample('desc')}) place
      cross join lateral (
        select least(
          (select created from chat_message where session_id = place.session_id and seq > place.seq order by seq limit 1),
          (select (session->>'updated')::timestamptz from chat_session_change
            where session_id = place.session_id and seq > place.seq order by seq limit 1),
          (select created from unread_event where session_id = place.session_id and id > place.unread_id
            order by id limit 1)
        ) as at
      ) event
    ) waiting
    where w.deleted_at is null
  ) state`
