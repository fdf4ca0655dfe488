/** The number of webhooks of the whole installation by state, and the age of their oldest undelivered event. */
export interface WebhookBacklog {
  /** Webhooks without failed events. */
  working: number
  /** Webhooks with an event that waits for its next attempt, or that was given up. */
  failing: number
  /** Webhooks that the platform has switched off. */
  off: number
  /** Webhooks that were switched off because their address answered 410. */
  gone: number
  /** Age of the oldest event that waits for delivery, ignoring webhooks that are switched off; 0 if no event waits. */
  oldestEventSeconds: number
}

/**
 * Number of sessions that are read from each end of a webhook's backlog, so that a large one stays cheap to read: those that
 * are due first, and those with the latest next attempt. The latter have failed for the longest time, because the pauses grow.
 */
const SAMPLE = 50

const sample = (order: 'asc' | 'desc') => `
  (select session_id, seq, unread_id, attempts from webhook_session where webhook_id = w.id and due_at is not null
    order by due_at ${order} limit ${SAMPLE})`

/**
 * SQL that reads the backlog as one row. Sessions that were given up are looked up through the newest failures of the log,
 * because `webhook_session` has no index for them. The log alone is not enough: it also contains failed tests.
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
