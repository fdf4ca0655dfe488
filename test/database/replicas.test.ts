import t from 'tap'
import { startTcpProxy } from '../../harness/tcp-proxy.js'
import { until } from '../../harness/until.js'
import { readText } from '../../src/database/database.js'
import { describeError } from '../../src/errors/describe-error.js'
import { openReplicas, type Replicas } from '../../src/database/replicas/replicas.js'
import { Prisma } from '../../src/generated/prisma/client.js'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, sendMessages, type Conversation } from '../support/chat/conversations.js'
import { copySession } from '../support/chat/copy-session.js'
import { deriveNow } from '../support/chat/search.js'
import { addMessages } from '../support/chat/sessions.js'
import type { Answer } from '../support/clients/client.js'
import { createDatabase } from '../support/databases/database.js'
import { startOwnPostgres } from '../support/databases/own-postgres.js'
import { pauseReplay, waitForReplay } from '../support/databases/replay.js'
import { startReplicatedPostgres } from '../support/databases/replicated-postgres.js'
import { metricsUrl, scrape } from '../support/metrics/scrape.js'
import { startNode } from '../support/nodes/node.js'

const DEADLINE_MS = 20_000
const postgres = await startReplicatedPostgres(t, { isSynchronous: false })
const [primary, standby] = [postgres.primary(), postgres.standby()]
const path = await startTcpProxy(t, standby.port)
const replicaUrl = standby.url.replace(`:${standby.port}/`, `:${path.port}/`)
const node = await startNode(t, {
  database: primary,
  config: { databaseReplicaUrls: [replicaUrl], metrics: { host: '127.0.0.1', port: 0 }, logLevel: 'silent' },
})
const chat = createChatClient(node)
const { counts } = requireReplicas(node.app.replicas)

function requireReplicas(replicas: Replicas | undefined): Replicas {
  if (replicas === undefined) throw new Error('The node has no replicas')
  return replicas
}

const contentsOf = ({ body }: Answer) => body.data.map(({ content }: { content: string }) => content)
const idsOf = ({ body }: Answer) => body.data.map(({ id }: { id: number }) => id)

/** A claimed session with the messages `0` to `29`. */
async function fillConversation(): Promise<Conversation & { ids: number[] }> {
  const conversation = await claimConversation(chat)
  const messages = Array.from({ length: 30 }, (_, place) => ({ content: String(place) }))
  return { ...conversation, ids: await addMessages(primary, conversation.sessionId, messages) }
}

/** The messages `15` to `19`, as the store of a session and its holder read them. */
async function readOldPages({ store, admin, sessionId, ids }: Conversation & { ids: number[] }): Promise<Answer[]> {
  const query = { session_id: sessionId, before: ids[20], limit: 5 }
  return [await chat.get('store/messages/', store, query), await chat.get('admin/messages/', admin, query)]
}
const oldContents = ['15', '16', '17', '18', '19']

/** Changes the messages of a session so that a node cannot know it: whoever still shows the old ones has read a replica. */
const changeSecretly = ({ sessionId }: Conversation) =>
  primary.query(`update chat_message set content = 'new ' || content where session_id = $1`, [sessionId])

/** Asks until a replica has answered. */
const untilAnswered = (ask: () => Promise<unknown>) => {
  const { answered } = counts
  return until(
    async () => {
      await ask()
      return counts.answered > answered
    },
    DEADLINE_MS,
    'a replica answers',
  )
}

t.test('messages before a known one, and transcripts, come from the replica; everything else does not', async (t) => {
  const conversation = await fillConversation()
  const { store, admin, sessionId, ids } = conversation
  await untilAnswered(() => readOldPages(conversation))
  await pauseReplay(t, primary, standby)
  await changeSecretly(conversation)

  for (const page of await readOldPages(conversation)) t.same(contentsOf(page), oldContents)
  const range = { session_id: sessionId, after: ids[9], before: ids[20], limit: 5 }
  t.same(contentsOf(await chat.get('store/messages/', store, range)), ['10', '11', '12', '13', '14'])
  for (const side of ['store', 'admin'] as const) {
    const { text } = await chat.get(`${side}/transcript/`, side === 'store' ? store : admin, { session_id: sessionId })
    t.match(text, /: 29\n/)
    t.notMatch(text, 'new ', `the transcript of the ${side}`)
  }
  t.same(contentsOf(await chat.get('store/messages/', store, { limit: 2 })), ['new 28', 'new 29'])
  t.same(contentsOf(await chat.get('store/messages/', store, { after: ids[27] })), ['new 28', 'new 29'])
  t.equal((await chat.get('store/session/', store)).body.messages.at(-1).content, 'new 29')

  t.equal((await chat.post('message/read/', admin, { session_id: sessionId })).status, 200)
  const [page] = await readOldPages(conversation)
  t.same(page?.body.data[0], { ...page?.body.data[0], content: '15', status: 'read' }, 'receipts are the present ones')
})

t.test('a replica that lags answers only for what it has replayed', async (t) => {
  const [still, busy, cleaned] = [await fillConversation(), await fillConversation(), await fillConversation()]
  await untilAnswered(() => readOldPages(still))
  await pauseReplay(t, primary, standby)
  const newIds = await sendMessages(chat, busy.store, 4)
  const before = { ...counts }
  const page = await chat.get('store/messages/', busy.store, { before: newIds[3], limit: 5 })
  t.same(idsOf(page), [...busy.ids.slice(28), ...newIds.slice(0, 3)], 'nothing is missing')
  t.same({ ...counts }, { ...before, behind: before.behind + 1 })
  t.match((await chat.get('store/transcript/', busy.store, { session_id: busy.sessionId })).text, /: message 3\n/)

  await primary.query(`delete from chat_message where id = $1`, [cleaned.ids[17]])
  await primary.query('update chat_session set updated = now() where id = $1', [cleaned.sessionId])
  for (const page of await readOldPages(cleaned)) t.same(contentsOf(page), ['14', '15', '16', '18', '19'])

  const { answered } = counts
  for (const page of await readOldPages(still)) t.same(contentsOf(page), oldContents)
  t.equal(counts.answered, answered + 2, 'sessions without news come from it all the same')
})

t.test('who may read is asked on the primary', async (t) => {
  const conversation = await fillConversation()
  const { admin, sessionId, ids } = conversation
  await untilAnswered(() => readOldPages(conversation))
  await pauseReplay(t, primary, standby)
  const query = { session_id: sessionId, before: ids[20] }
  const next = await addAdmin(primary)
  await chat.post('admin/session/transfer/', admin, { session_id: sessionId, admin_id: next.id })
  const { answered } = counts
  t.equal((await chat.get('admin/messages/', admin, query)).status, 403)
  t.equal((await chat.get('store/messages/', await addStore(primary), query)).status, 404)
  t.equal((await chat.get('store/messages/', conversation.store, { ...query, before: (ids[0] ?? 0) - 1 })).status, 400)
  t.equal((await chat.get('store/messages/', conversation.store, { ...query, session_id: 9e15 })).status, 404)
  t.equal(counts.answered, answered, 'the replica was not asked')
  t.equal((await chat.get('admin/messages/', next, query)).status, 200)
})

t.test('a replica that is away or frozen is not noticed, and used again when it is back', async (t) => {
  const conversation = await fillConversation()
  await untilAnswered(() => readOldPages(conversation))
  const takeWarnings = t.capture(node.app.log, 'warn')
  for (const fault of ['cut', 'swallow', 'reset'] as const) {
    path[fault]()
    const pages = await Promise.all(Array.from({ length: 4 }, () => readOldPages(conversation)))
    for (const page of [...pages.flat(), ...(await readOldPages(conversation))]) {
      t.same(contentsOf(page), oldContents, fault)
    }
    const logged = takeWarnings().map(({ args }) => describeError((args[0] as { err: unknown }).err))
    // A reset that is noticed before the next read is no fault.
    if (fault === 'reset') t.ok(logged.length <= 1)
    else t.equal(logged.length, 1, `${fault}: one line`)
    t.notMatch(JSON.stringify(logged), new URL(replicaUrl).password)
    path.mend()
    await untilAnswered(() => readOldPages(conversation))
  }
})

t.test('a read that the replay of the replica cancels is answered by the primary', async (t) => {
  await standby.query(`alter system set max_standby_streaming_delay = 0`)
  await standby.query('select pg_reload_conf()')
  t.teardown(async () => {
    await standby.query('alter system reset max_standby_streaming_delay')
    await standby.query('select pg_reload_conf()')
  })
  await primary.query('create table doomed ()')
  await waitForReplay(primary, standby)
  const conversation = await fillConversation()
  await untilAnswered(() => readOldPages(conversation))
  const reader = requireReplicas(node.app.replicas).openReader({ connections: 1, patienceMs: DEADLINE_MS })
  const { failed } = counts
  const answer = reader.read(
    async (db) => ({ by: await readText(db, Prisma.sql`select count(*)::text from doomed, pg_sleep(60)`) }),
    async () => ({ by: 'the primary' }),
  )
  const isReading = `select from pg_stat_activity where state = 'active' and query like '%from doomed, pg_sleep%' and pid <> pg_backend_pid()`
  await until(async () => (await standby.query(isReading)).length > 0, DEADLINE_MS, 'the replica reads')
  await primary.query('drop table doomed')
  t.same(await answer, { by: 'the primary' })
  t.equal(counts.failed, failed + 1)
})

t.test('reports come from a replica that is behind by seconds at most', async (t) => {
  const supervisor = await addAdmin(primary, { role: 'supervisor' })
  const report = () => chat.get('admin/reports/', supervisor)
  const { admin } = await fillConversation()
  await deriveNow(chat)
  await untilAnswered(report)
  await pauseReplay(t, primary, standby)
  await claimConversation(chat)
  await deriveNow(chat)
  const { answered, behind } = counts
  const { body } = await chat.get('admin/reports/', supervisor, { group: 'admin' })
  const [row] = await primary.query<{ count: string }>('select count(*) from chat_session')
  t.equal(body.total.sessions, Number(row?.count), 'the newest session is there')
  t.ok(body.data.some(({ key }: { key: string }) => key === String(admin.id)))
  t.same([counts.answered, counts.behind], [answered, behind + 1])
})

t.test('the metrics count what became of the reads', async (t) => {
  const { value } = await scrape(metricsUrl(node))
  for (const [result, count] of Object.entries(counts)) {
    t.equal(value('store_chat_replica_reads_total', { result }), count, result)
  }
})

t.test('a server that is a copy, or another one behind the same address, is not believed', async (t) => {
  const conversation = await fillConversation()
  await untilAnswered(() => readOldPages(conversation))
  const other = await startOwnPostgres(t, { isRelated: false })
  await copySession(conversation, primary, other)
  const { password } = new URL(standby.url)
  await other.query(`alter role postgres password '${password}'`)
  path.lead(other.port)
  // Idle connections end without a failure: the next read opens one to the other server.
  path.reset()
  t.teardown(() => {
    path.lead(standby.port)
    path.reset()
  })
  for (let time = 0; time < 3; time++) {
    for (const page of await readOldPages(conversation)) t.same(contentsOf(page), oldContents)
  }

  const faults: unknown[] = []
  const copy = await createDatabase(t)
  const replicas = await openReplicas({
    ...{ databaseUrl: primary.url, databasePoolSize: 2, databaseAcquireTimeoutMs: 5000 },
    ...{ databaseStatementTimeoutMs: 5000, primary: node.app.db, replicaUrls: [copy.url] },
    listen: (place) => ({ onDown: (error) => faults.push([place, String(error)]), onUp: () => undefined }),
  })
  t.teardown(replicas.close)
  await until(() => faults.length > 0, DEADLINE_MS, 'the fault is told')
  t.match(faults, [[1, /not a replica of the database/]])
  const answer = await replicas.openReader({ connections: 1, patienceMs: 5000 }).read(
    async () => ({ by: 'the copy' }),
    async () => ({ by: 'the primary' }),
  )
  t.same(answer, { by: 'the primary' })
})

t.test('a replica that was promoted beside the primary has another history', async (t) => {
  const conversation = await fillConversation()
  const { store, sessionId } = conversation
  await untilAnswered(() => readOldPages(conversation))
  await waitForReplay(primary, standby)
  await standby.query('select pg_promote(true)')
  const forged = Array.from({ length: 8 }, () => ({ content: 'forged' }))
  await addMessages(standby, sessionId, forged)
  const ids = await sendMessages(chat, store, 4)
  const page = await chat.get('store/messages/', store, { before: ids[3], limit: 3 })
  t.same(idsOf(page), ids.slice(0, 3))
  await sendMessages(chat, store, 4)
  t.same(contentsOf(await chat.get('store/messages/', store, { before: ids[3], limit: 3 })), contentsOf(page))
})
