import t from 'tap'
import { callers, entries, targets, type Caller, type Entry, type Ids, type Target } from './authorization-table.js'
import { addAdmin, addStore, addToken } from './support/chat/accounts.js'
import { createAnswerCheck, createChatClient, type OpenApiDocument } from './support/chat/chat-client.js'
import type { Answer } from './support/clients/client.js'
import { claimConversation, closeConversation, openConversation } from './support/chat/conversations.js'
import { describeTables } from './support/databases/describe-tables.js'
import { clearSessions } from './support/chat/sessions.js'
import { startNode } from './support/nodes/node.js'
import { encodeForm, storeFile } from './support/files/uploads.js'
import { noLimits } from '../harness/no-limits.js'

const SECRET = 'what only its parties may know'
const platformToken = 'platform-token-for-tests'

// Wrong tokens on every route are more than an address may try in a minute.
const node = await startNode(t, { config: { platformToken, limits: noLimits } })
const { database } = node
const chat = createChatClient(node)
const check = createAnswerCheck(node)
const { paths = {} } = node.app.swagger() as unknown as OpenApiDocument
const routes = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
)

const readEverything = await describeTables(database)

t.test('every route has an entry in the table, and every entry a route', async (t) => {
  t.same(routes.sort(), Object.keys(entries).sort())
  const described = routes.map((route) => route.replaceAll(/\{(\w+)\}/g, ':$1').replace(/\/$/, ''))
  const registered = listRegistered(node.app.printRoutes({ commonPrefix: false }))
  t.same(registered.sort(), described.sort(), 'the description leaves no route out')
})

/** The routes of Fastify's own tree, but for the documentation's, the pages', the client library's, and what answers a browser's preflight. */
function listRegistered(tree: string): string[] {
  const path: string[] = []
  const routes = tree.split('\n').flatMap((line) => {
    const [, indent = '', segment = '', methods] = /^([│├└─ ]*)(\S*)(?: \(([A-Z, ]+)\))?/.exec(line) ?? []
    path.splice(indent.length / 4 - 1, Infinity, segment)
    return methods?.split(', ').map((method) => `${method} ${path.join('')}`) ?? []
  })
  return routes.filter((route) => !/ (\/(docs|console|chat|widget|client|languages)|\*)/.test(route))
}

/** A store with a claimed and a closed session, another with an open one, and all who may call. */
async function setScene() {
  const [claimed, open] = await Promise.all([claimConversation(chat), openConversation(chat)])
  const { store, admin: holder } = claimed
  await chat.post('store/message/', store, { content: SECRET })
  await chat.post('store/close/', store)
  const { body: next } = await chat.post('store/message/', store, { content: SECRET })
  await chat.post('admin/session/claim/', holder, { session_id: next.session.id })
  await chat.post('store/message/', store, { content: SECRET })
  await chat.post('store/message/', open.store, { content: SECRET })
  const [otherStore, otherAdmin] = [await addStore(database), await addAdmin(database)]
  const supervisor = await addAdmin(database, { role: 'supervisor' })
  const sessions: Record<Target, number> = {
    claimed: next.session.id,
    closed: claimed.sessionId,
    open: open.sessionId,
    unknown: Number.MAX_SAFE_INTEGER,
  }
  const tokens: Record<Caller, string | undefined> = {
    nobody: undefined,
    store: store.token,
    otherStore: otherStore.token,
    holder: holder.token,
    otherAdmin: otherAdmin.token,
    supervisor: supervisor.token,
    platform: platformToken,
  }
  const { tokenId } = await addToken(database, { storeId: open.store.id })
  const fileId = (await storeFile(node, store, { name: 'a.txt', bytes: 'hello' })).split('/').at(-2) ?? ''
  const webhook = await addWebhook()
  const desk = await addDesk(holder.id, sessions)
  const newestMessages = await findNewestMessages(Object.values(sessions))
  return {
    sessions,
    newestMessages,
    tokens,
    otherAdminId: otherAdmin.id,
    storeId: store.id,
    tokenId,
    fileId,
    ...webhook,
    ...desk,
  }
}

/** What the holder has written for admins: a note on each session, tags, and canned replies; and a rating of the store. */
async function addDesk(holderId: number, { claimed, closed, open }: Record<Target, number>) {
  const [row] = await database.query<{ notes: number[]; ownReplyId: number; sharedReplyId: number }>(
    `with note as (
       insert into chat_note (session_id, admin_id, content) select unnest($2::bigint[]), $1::bigint, $3::text returning id
     ), details as (
       insert into chat_session_details (session_id, tags, status) select id, array[$3::text], status from chat_session
       where id = any($2) on conflict do nothing
     ), rating as (
       insert into chat_rating (session_id, score) values ($4, 5)
     ), own as (
       insert into canned_reply (admin_id, shortcut, content) values ($1, 'own', $3) returning id
     ), shared as (
       insert into canned_reply (shortcut, content) values ('shared', $3)
       on conflict (shortcut) where admin_id is null do update set content = excluded.content returning id
     )
     select (select array_agg(id::int order by id) from note) as notes, own.id::int as "ownReplyId",
       shared.id::int as "sharedReplyId" from own, shared`,
    [holderId, [claimed, closed, open], SECRET, closed],
  )
  const [onClaimed = 0, onClosed = 0, onOpen = 0] = row?.notes ?? []
  const noteIds = { claimed: onClaimed, closed: onClosed, open: onOpen, unknown: Number.MAX_SAFE_INTEGER }
  return { noteIds, ownReplyId: row?.ownReplyId ?? 0, sharedReplyId: row?.sharedReplyId ?? 0 }
}

async function addWebhook() {
  // There may be only so many.
  await database.query('delete from webhook')
  const [webhook] = await database.query<{ id: number }>(
    `insert into webhook (url, events, secret, from_message_id, from_change_id, from_unread_id)
     values ('http://127.0.0.1:1/', '{}', 'whsec_c2VjcmV0', 0, 0, 0) returning id::int`,
  )
  const [delivery] = await database.query<{ id: number }>(
    `insert into webhook_delivery (webhook_id, event_id, type, status, attempts, response_body, duration_ms)
     values ($1, 'evt_1', 'webhook.test', 'delivered', 1, '', 1) returning id::int`,
    [webhook?.id],
  )
  return { webhookId: webhook?.id ?? 0, deliveryId: delivery?.id ?? 0 }
}
type Scene = Awaited<ReturnType<typeof setScene>>

/** The id of each session's newest message, by the id of the session. */
async function findNewestMessages(sessionIds: number[]): Promise<Map<number, number>> {
  const rows = await database.query<{ session: number; message: number }>(
    'select session_id::int as session, max(id)::int as message from chat_message where session_id = any($1) group by 1',
    [sessionIds],
  )
  return new Map(rows.map(({ session, message }) => [session, message]))
}

const idsOf = ({ sessions, newestMessages, noteIds, ...ids }: Scene, target: Target): Ids => ({
  sessionId: sessions[target],
  messageId: newestMessages.get(sessions[target]) ?? Number.MAX_SAFE_INTEGER,
  noteId: noteIds[target],
  ...ids,
})

async function call(route: string, entry: Entry, scene: Scene, caller: Caller, target: Target): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ')
  const ids = idsOf(scene, target)
  const query = new URLSearchParams(Object.entries(entry.query?.(ids) ?? {}).map(([key, value]) => [key, `${value}`]))
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(entry.params?.(ids)[name]))
  const token = scene.tokens[caller]
  const answer = await node.request(method, `${filled}?${query.toString()}`, {
    ...(token !== undefined && { token }),
    ...(entry.body && { body: entry.body(ids) }),
    ...(entry.form && encodeForm(entry.form(ids))),
  })
  check(method, path, answer)
  return answer
}

let latest: { scene: Scene; everything: string | undefined } | undefined
/** Returns the latest scene, or a new one after a call that may have changed it. */
async function findScene() {
  if (latest === undefined) {
    await clearSessions(database)
    latest = { scene: await setScene(), everything: await readEverything() }
  }
  return latest
}

for (const route of routes) {
  const entry = entries[route]
  if (entry === undefined) continue
  const { statuses } = entry
  const byTarget = Array.isArray(statuses) ? { claimed: statuses } : statuses

  t.test(route, async (t) => {
    const answers = new Map<string, Answer>()
    const faults: string[] = []
    for (const target of targets.filter((target) => target in byTarget)) {
      for (const [place, caller] of callers.entries()) {
        const { scene, everything } = await findScene()
        const answer = await call(route, entry, scene, caller, target)
        const what = `${caller} on ${target}`
        answers.set(what, answer)
        const expected = byTarget[target as 'claimed'][place]
        if (answer.status !== expected) faults.push(`${what}: ${answer.status} instead of ${expected}`)
        if (answer.status === 401 && answer.headers['www-authenticate'] !== 'Token') faults.push(`${what}: no scheme`)
        if (answer.status === 200) {
          // Unless it only reads, it may have changed what the next one finds.
          latest = /^(GET|HEAD) /.test(route) ? { scene, everything: await readEverything() } : undefined
          continue
        }
        if (answer.text.includes(SECRET)) faults.push(`${what}: is refused and tells a secret`)
        if ((await readEverything()) !== everything) faults.push(`${what}: is refused and changes something`)
      }
    }
    t.same(faults, [])
    if (!('unknown' in byTarget)) return
    for (const caller of ['store', 'otherStore'] as const) {
      const unknown = answers.get(`${caller} on unknown`)
      const foreign = targets.filter((target) => target === 'open' || caller === 'otherStore')
      for (const target of foreign) {
        t.equal(answers.get(`${caller} on ${target}`)?.text, unknown?.text, `to ${caller} ${target} is as if unknown`)
      }
    }
  })
}

t.test('a wrong token is refused in the same words, whatever is wrong with it', async (t) => {
  const { store, admin } = await closeConversation(chat)
  const expired = await addToken(database, { storeId: store.id, expiresAt: new Date(Date.now() - 1000) })
  const revoked = await addToken(database, { adminId: admin.id, revokedAt: new Date() })
  const headers = [
    {},
    { authorization: '' },
    { authorization: store.token },
    { authorization: `Bearer ${store.token}` },
    { authorization: `Token ${store.token}x` },
    { authorization: `Token ${store.token} ${store.token}` },
    { authorization: `Token ${expired.token}` },
    { authorization: `Token ${revoked.token}` },
    { authorization: `Token ${'x'.repeat(5000)}` },
    { authorization: 'Token 世'.replace('世', '\u00e9') },
  ]
  const faults: string[] = []
  for (const route of routes.filter((route) => route.includes('/v1/chat/') && !route.includes('/files/'))) {
    const [method = '', path = ''] = route.split(' ')
    for (const header of headers) {
      const { status, text } = await node.request(method, path.replace('{id}', '1'), { headers: header })
      if (status !== 401 || text !== '{"success":false,"message":"Unauthorized"}') {
        faults.push(`${route} ${JSON.stringify(header).slice(0, 60)}: ${status} ${text}`)
      }
    }
  }
  t.same(faults, [])
  const { status } = await node.get('/v1/chat/store/session/', { headers: { authorization: `tOkEn ${store.token}` } })
  t.equal(status, 200, 'the scheme is case-insensitive')
})
