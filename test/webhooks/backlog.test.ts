import t from 'tap'
import { selectBacklog, type WebhookBacklog } from '../../src/webhooks/backlog.js'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'

const database = await createDatabase(t)
const { query } = database
const HOUR_S = 3600

/** A webhook that is switched off or on. Returns its id. */
async function addWebhook(fields: { active?: boolean; gone?: boolean; deleted?: boolean } = {}): Promise<number> {
  const { active = true, gone = false, deleted = false } = fields
  const [row] = await query<{ id: number }>(
    `insert into webhook (url, events, secret, from_message_id, from_change_id, from_unread_id, active, gone_at, deleted_at)
     values ('http://a.example', '{}', 'x', 0, 0, 0, $1, case when $2 then now() end, case when $3 then now() end)
     returning id::int`,
    [active, gone, deleted],
  )
  return row?.id ?? 0
}

/** A session with a message that is so old. Returns its id. */
async function addSession(ageSeconds: number): Promise<number> {
  const store = await addStore(database)
  const [row] = await query<{ id: number }>(
    `with session as (insert into chat_session (store_id, seq, status) values ($1, 1, 'open') returning id), message as (
       insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
       select id, 1, 'store', $1, 'Hello', '', '', now() - make_interval(secs => $2) from session
     ) select id::int from session`,
    [store.id, ageSeconds],
  )
  return row?.id ?? 0
}

interface Place {
  seq?: number
  dueInSeconds?: number | null
  attempts?: number
  failed?: boolean
}

/** Where a webhook is in a session; by default the session's message is due now. */
const addPlace = (webhook: number, session: number, place: Place = {}) => {
  const { seq = 0, dueInSeconds = 0, attempts = 0, failed = false } = place
  return query(
    `insert into webhook_session (webhook_id, session_id, seq, unread_id, due_at, attempts, failed_at)
     values ($1, $2, $3, 0, now() + make_interval(secs => $4), $5, case when $6 then now() end)`,
    [webhook, session, seq, dueInSeconds, attempts, failed],
  )
}

const logFailure = (webhook: number, session: number | null, type = 'message.created') =>
  query(
    `insert into webhook_delivery (webhook_id, event_id, type, session_id, seq, status, attempts, response_body, duration_ms)
     values ($1, 'evt_' || gen_random_uuid(), $3, $2, 1, 'failed', 1, '', 1)`,
    [webhook, session, type],
  )

async function readBacklog(): Promise<WebhookBacklog | undefined> {
  const [row] = await query<WebhookBacklog & Record<string, number>>(selectBacklog)
  return row
}

t.afterEach(() => query('truncate webhook, webhook_session, webhook_delivery'))

t.test('without webhooks there is no backlog', async (t) => {
  t.strictSame(await readBacklog(), { working: 0, failing: 0, off: 0, gone: 0, oldestEventSeconds: 0 })
})

t.test('a webhook is in one state, and a deleted one in none', async (t) => {
  await addWebhook()
  const retrying = await addWebhook()
  await addPlace(retrying, await addSession(0), { attempts: 1, dueInSeconds: HOUR_S })
  const waitingForReplay = await addWebhook()
  const givenUp = await addSession(0)
  await addPlace(waitingForReplay, givenUp, { attempts: 9, dueInSeconds: null, failed: true })
  await logFailure(waitingForReplay, givenUp)
  const tested = await addWebhook()
  await logFailure(tested, null, 'webhook.test')
  const replayed = await addSession(0)
  await addPlace(tested, replayed, { seq: 1, dueInSeconds: null })
  await logFailure(tested, replayed)
  await addWebhook({ active: false })
  await addWebhook({ active: false, gone: true })
  await addWebhook({ deleted: true })
  t.match(await readBacklog(), { working: 2, failing: 2, off: 1, gone: 1 })
})

t.test(
  'the oldest event is the one that waits longest, delivered ones and those of other webhooks aside',
  async (t) => {
    const webhook = await addWebhook()
    const isAbout = async (seconds: number, name: string) => {
      const { oldestEventSeconds = -1 } = (await readBacklog()) ?? {}
      t.ok(oldestEventSeconds >= seconds && oldestEventSeconds < seconds + 600, `${name}: ${oldestEventSeconds} s`)
    }
    await addPlace(webhook, await addSession(HOUR_S), { seq: 1 })
    const off = await addWebhook({ active: false })
    await addPlace(off, await addSession(9 * HOUR_S))
    await isAbout(0, 'nothing waits')
    await addPlace(webhook, await addSession(2 * HOUR_S))
    await isAbout(2 * HOUR_S, 'one is due')
    await addPlace(webhook, await addSession(3 * HOUR_S), { attempts: 5, dueInSeconds: HOUR_S })
    await isAbout(3 * HOUR_S, 'one is tried again in an hour')
    await addPlace(webhook, await addSession(4 * HOUR_S), { attempts: 20, dueInSeconds: null, failed: true })
    await isAbout(3 * HOUR_S, 'one was given up')
    await query(`insert into unread_event (session_id, first_message_id, last_message_id, message_count, store_online, created)
    select session_id, 1, 1, 1, false, now() - interval '5 hours' from webhook_session where seq = 1`)
    await query('update webhook_session set due_at = now() where seq = 1')
    await isAbout(5 * HOUR_S, 'messages that a store has left unread')
  },
)
