import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { startTwoNodes, type ChatClient } from '../support/chat/chat-client.js'
import type { Answer } from '../support/clients/client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { findDisorder, readEvents } from '../support/chat/session-events.js'
import { isPooled } from '../support/databases/pooler.js'
import { lockSession } from '../support/chat/session-lock.js'

const WRITERS = 50
const MESSAGES = isPooled() ? 4 : 6
/** Each look reads all events. */
const WATCH_PAUSE_MS = 20

const [here, there] = await startTwoNodes(t)
const { database } = here.node
const nodeOf = (place: number) => (place % 2 === 0 ? here : there)

/** Sends until the answer is not that the database is unavailable. */
async function sendUntilAnswered(send: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await send()
    if (answer.status !== 503) return answer
  }
}

/** Breaks a few of the nodes' connections to the database. */
async function breakConnections(): Promise<number> {
  const rows = await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'store-chat' order by random() limit 3`,
  )
  return rows.length
}

t.test(
  '50 writers on two nodes, with repeats, refusals and broken connections: one order without a hole',
  async (t) => {
    const { store, admin, sessionId } = await claimConversation(here)
    const stranger = await addAdmin(database)
    let broken = 0
    const write = async (chat: ChatClient, writer: number) => {
      const stored: number[] = []
      for (let place = 0; place < MESSAGES; place++) {
        if (writer % 10 === 0 && place === 2) broken += await breakConnections()
        const draft = { content: `${writer} says ${place}`, client_message_id: `${writer}-${place}` }
        const send = (node: ChatClient) =>
          sendUntilAnswered(() =>
            writer % 4 < 2
              ? node.post('store/message/', store, draft)
              : node.post('admin/message/', admin, { session_id: sessionId, ...draft }),
          )
        const [answer, again] = await Promise.all([send(chat), place % 2 === 0 ? send(nodeOf(writer + 1)) : undefined])
        if (answer.status !== 200) throw new Error(answer.text)
        if (again && again.body.message.id !== answer.body.message.id) throw new Error(`Stored twice: ${again.text}`)
        stored.push(answer.body.message.id)
        // Every second time is enough: refused drafts share statements with the others.
        if (place % 2 === 0) continue
        const refused = await sendUntilAnswered(() =>
          chat.post('admin/message/', stranger, { session_id: sessionId, content: 'let me in' }),
        )
        if (refused.status !== 403) throw new Error(refused.text)
      }
      return stored
    }
    const done = new AbortController()
    const watching = watchEvents(sessionId, done.signal)
    const writing = Array.from({ length: WRITERS }, (_, writer) => write(nodeOf(writer), writer))
    const stored = await Promise.all(writing).finally(() => done.abort())

    t.ok(broken > 0, 'connections were broken')
    t.ok((await watching) > 0, 'and the order was watched')
    t.same(await findDisorder(database, sessionId), [])
    const events = await readEvents(database, sessionId)
    const ids = events.flatMap(({ messageId }) => messageId ?? [])
    t.same(
      stored.flat().sort((a, b) => a - b),
      ids,
      'all that was answered is stored, once, and nothing else',
    )
    t.equal(ids.length, WRITERS * MESSAGES)
    t.ok(stored.every((own) => own.every((id, place) => place === 0 || id > (own[place - 1] ?? 0))))
  },
)

/** Checks, while others write, that committed seqs never have a gap: a gap means that seq is not the order of commits. */
async function watchEvents(sessionId: number, signal: AbortSignal): Promise<number> {
  let looked = 0
  let newest = 0
  while (!signal.aborted) {
    const events = await readEvents(database, sessionId)
    const ids = events.flatMap(({ messageId }) => messageId ?? [])
    const hole = events.findIndex(({ seq }, place) => seq !== place + 1)
    if (hole !== -1) throw new Error(`A hole before seq ${events[hole]?.seq}`)
    if (ids.some((id, place) => id <= (ids[place - 1] ?? 0))) throw new Error('Ids are not in the order of seq')
    if (events.length < newest) throw new Error('An event has vanished')
    newest = events.length
    looked++
    await delay(WATCH_PAUSE_MS)
  }
  return looked
}

t.test('20 identical sends at once on two nodes: one row, one seq, 20 equal answers', async (t) => {
  for (const side of ['store', 'admin'] as const) {
    const { store, admin, sessionId } = await claimConversation(here)
    const draft = { content: 'once', client_message_id: 'the same' }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, place) =>
        side === 'store'
          ? nodeOf(place).post('store/message/', store, draft)
          : nodeOf(place).post('admin/message/', admin, { session_id: sessionId, ...draft }),
      ),
    )
    t.same(new Set(answers.map(({ status }) => status)), new Set([200]), side)
    t.equal(new Set(answers.map(({ text }) => text)).size, 1, 'all answers are one')
    t.equal((await readEvents(database, sessionId)).map(({ kind }) => kind).join(' '), 'create claim message')
    t.same(await findDisorder(database, sessionId), [])
  }
})

t.test('20 sends under one id that are not identical: one is stored, the others conflict', async (t) => {
  const { store, sessionId } = await openConversation(here)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, place) =>
      nodeOf(place).post('store/message/', store, { content: `body ${place}`, client_message_id: 'the same' }),
    ),
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal(answers.filter(({ status }) => status === 409).length, 19)
  t.equal((await readEvents(database, sessionId)).length, 2)
  t.same(await findDisorder(database, sessionId), [], 'the failed ones have burned no seq')
})

t.test('the first messages of a store, all at once on two nodes, share one new session', async (t) => {
  const { store } = await openConversation(here)
  await here.post('store/close/', store)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, place) => nodeOf(place).post('store/message/', store, { content: `${place}` })),
  )
  const sessions = new Set(answers.map(({ body }) => body.session.id as number))
  t.equal(sessions.size, 1)
  const [sessionId = 0] = sessions
  t.same(await findDisorder(database, sessionId), [])
  t.equal((await readEvents(database, sessionId)).length, 21)
})

t.test('a repeated send during a close is stored once', async (t) => {
  for (let round = 0; round < 8; round++) {
    const { store, admin, sessionId } = await claimConversation(here)
    const draft = { content: 'once', client_message_id: 'the same' }
    const [closed, ...sent] = await Promise.all([
      there.post('admin/close/', admin, { session_id: sessionId }),
      ...Array.from({ length: 4 }, (_, place) => nodeOf(place).post('store/message/', store, draft)),
    ])
    t.equal(closed.status, 200)
    t.ok(sent.every(({ status }) => status === 200))
    t.equal(new Set(sent.map(({ body }) => body.message.id)).size, 1)
    const events = await readEvents(database, sessionId)
    t.equal(events.at(-1)?.kind, 'close', 'nothing in a session after its close')
  }
})

t.test('what waited while the session was closed is not written into it', async (t) => {
  const { store, admin, sessionId } = await claimConversation(here)
  const lock = await lockSession(database, sessionId)
  const closed = await lock.enqueue(() => there.post('admin/close/', admin, { session_id: sessionId }))
  const byStore = await lock.enqueue(() => here.post('store/message/', store, { content: 'late' }))
  const byAdmin = await lock.enqueue(() =>
    there.post('admin/message/', admin, { session_id: sessionId, content: 'late' }),
  )
  await lock.release()
  t.equal((await closed.answer).status, 200)
  const { status, body } = await byStore.answer
  t.equal(status, 200)
  t.ok(body.session.id > sessionId, 'but into the next one')
  t.equal((await byAdmin.answer).status, 409)
  t.equal((await readEvents(database, sessionId)).at(-1)?.kind, 'close')
})
