import t from 'tap'
import { addAdmin, type TestAccount } from '../support/chat/accounts.js'
import { startTwoNodes, type ChatClient } from '../support/chat/chat-client.js'
import type { Answer } from '../support/clients/client.js'
import { openConversation, type Conversation } from '../support/chat/conversations.js'
import { findDisorder, readStory } from '../support/chat/session-events.js'
import { lockSession } from '../support/chat/session-lock.js'

const [here, there] = await startTwoNodes(t)
const { database } = here.node
const next = await addAdmin(database)

type Act = (chat: ChatClient, conversation: Conversation) => Promise<Answer>
const bySession =
  (path: string, more: object = {}, who?: TestAccount): Act =>
  ({ post }, { admin, sessionId }) =>
    post(path, who ?? admin, { session_id: sessionId, ...more })

const claim = bySession('admin/session/claim/')
const claimByNext = bySession('admin/session/claim/', {}, next)
const release = bySession('admin/session/release/')
const transfer = bySession('admin/session/transfer/', { admin_id: next.id })
const closeByAdmin = bySession('admin/close/')
const closeByStore: Act = ({ post }, { store }) => post('store/close/', store)
const sendByAdmin = bySession('admin/message/', { content: 'hello' })
const sendByStore: Act = ({ post }, { store }) => post('store/message/', store, { content: 'hello' })

interface Race {
  claimed?: boolean
  acts: [Act, Act]
  /** The statuses of both and the story of the store's sessions, when the first wins and when the second does. */
  legal: [string, string]
}

const races: Record<string, Race> = {
  'claim against claim': {
    acts: [claim, claimByNext],
    legal: ['200 409: create claim', '409 200: create claim'],
  },
  'claim against close': {
    acts: [claim, closeByStore],
    legal: ['200 200: create claim close', '409 200: create close'],
  },
  'transfer against release': {
    claimed: true,
    acts: [transfer, release],
    legal: ['200 403: create claim transfer', '403 200: create claim release'],
  },
  'release against a claim by another': {
    claimed: true,
    acts: [release, claimByNext],
    legal: ['200 200: create claim release claim', '200 409: create claim release'],
  },
  'close by the store against close by the admin': {
    claimed: true,
    acts: [closeByStore, closeByAdmin],
    legal: ['200 409: create claim close', '409 200: create claim close'],
  },
  'a send by the admin against close by the store': {
    claimed: true,
    acts: [sendByAdmin, closeByStore],
    legal: ['200 200: create claim message close', '409 200: create claim close'],
  },
  'a send by the store against close by the admin': {
    claimed: true,
    acts: [sendByStore, closeByAdmin],
    legal: ['200 200: create claim message close', '200 200: create claim close / create message'],
  },
  'a send by the admin against a transfer': {
    claimed: true,
    acts: [sendByAdmin, transfer],
    legal: ['200 200: create claim message transfer', '403 200: create claim transfer'],
  },
}

async function begin({ claimed = false }: Race): Promise<Conversation> {
  const conversation = await openConversation(here)
  if (claimed) await claim(here, conversation)
  return conversation
}

async function tell({ store, sessionId }: Conversation, answers: Answer[]): Promise<string> {
  const disorder = await findDisorder(database, sessionId)
  const statuses = answers.map(({ status }) => status).join(' ')
  return [`${statuses}: ${await readStory(database, store.id)}`, ...disorder].join(', ')
}

const ROUNDS = 6

for (const [name, race] of Object.entries(races)) {
  t.test(`${name}: who comes first to the session wins`, async (t) => {
    for (const winner of [0, 1] as const) {
      const conversation = await begin(race)
      const lock = await lockSession(database, conversation.sessionId)
      const first = await lock.enqueue(() => race.acts[winner](here, conversation))
      const second = await lock.enqueue(() => race.acts[winner === 0 ? 1 : 0](there, conversation))
      await lock.release()
      const answers = [await first.answer, await second.answer]
      t.equal(await tell(conversation, winner === 0 ? answers : answers.reverse()), race.legal[winner])
    }
  })

  t.test(`${name}: one or the other, never a mixture`, async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const conversation = await begin(race)
      const [one, other] = round % 2 === 0 ? ([here, there] as const) : ([there, here] as const)
      const answers = await Promise.all([race.acts[0](one, conversation), race.acts[1](other, conversation)])
      const outcome = await tell(conversation, answers)
      t.ok(race.legal.includes(outcome), outcome)
    }
  })
}

t.test('100 admins claim one session at once: one has it', async (t) => {
  const { sessionId } = await openConversation(here)
  const admins = await Promise.all(Array.from({ length: 100 }, () => addAdmin(database)))
  const answers = await Promise.all(
    admins.map(({ token }, place) =>
      (place % 2 === 0 ? here : there).post('admin/session/claim/', { token }, { session_id: sessionId }),
    ),
  )
  const winners = admins.filter((_, place) => answers[place]?.status === 200)
  t.equal(winners.length, 1)
  t.equal(answers.filter(({ status }) => status === 409).length, 99)
  const again = await there.post('admin/session/claim/', winners[0], { session_id: sessionId })
  t.equal(again.status, 200, 'and the holder may claim it again')
  t.equal(again.body.admin_id, winners[0]?.id)
  t.same(await findDisorder(database, sessionId), [])
})

t.test('a store that asks for its session while an admin closes it always gets one', async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const conversation = await openConversation(here)
    await claim(here, conversation)
    const { store, sessionId } = conversation
    const [closed, ...got] = await Promise.all([
      closeByAdmin(there, conversation),
      ...Array.from({ length: 6 }, (_, place) => (place % 2 === 0 ? here : there).get('store/session/', store)),
    ])
    t.equal(closed.status, 200)
    t.ok(got.every(({ status, body }) => status === 200 && body.status !== 'closed'))
    const others = new Set(got.map(({ body }) => body.id as number).filter((id) => id !== sessionId))
    t.ok(others.size <= 1, 'the old one or the one new one')
    t.equal(await readStory(database, store.id), `create claim close${others.size === 1 ? ' / create' : ''}`)
  }
})
