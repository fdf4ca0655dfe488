import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { isPooled } from '../support/databases/pooler.js'
import { createNetwork, type NetworkKind } from '../support/nodes/network.js'
import { noLimits } from '../../harness/no-limits.js'
import { startNodes } from '../support/nodes/node.js'
import { closeSession } from '../support/chat/sessions.js'
import { until } from '../../harness/until.js'
import { ADMINS_CHANNEL, storeChannel } from '../../src/events/channels.js'
import type { ChatEvent } from '../../src/events/events.js'

/** Behind a pooler only the connections differ, and fewer requests use all of them. */
const REQUESTS = isPooled() ? 200 : 500
/** Of each of 30 clients while sessions close. */
const ROUNDS = isPooled() ? 8 : 15
/** Between two closes. Without it, most of them would find no new session yet. */
const CLOSE_PAUSE_MS = 2

/** The ids of the sessions whose creation was published, in order. */
const createdIn = (announcements: ChatEvent[]) =>
  announcements.flatMap((announcement) =>
    'change' in announcement && announcement.change.seq === 1 ? announcement.change.sessionId : [],
  )

const isEnd = (announcement: ChatEvent) => 'unreadOf' in announcement

/** A pooler makes no difference to how events reach the other node. */
const kinds: NetworkKind[] = isPooled() ? ['redis'] : ['local', 'redis']

for (const kind of kinds) {
  t.test(`two nodes, ${REQUESTS} requests at once, one session (${kind} pubsub)`, async (t) => {
    const [database, network] = [await createDatabase(t), createNetwork(t, kind)]
    const nodes = await startNodes(t, 2, { database, network })
    const store = await addStore(database)
    const [forStore, forAdmins] = await Promise.all([
      network.listen(storeChannel(store.id)),
      network.listen(ADMINS_CHANNEL),
    ])
    const answers = await Promise.all(
      Array.from({ length: REQUESTS / 2 }, () =>
        nodes.map((node) => node.get('/v1/chat/store/session/', store)),
      ).flat(),
    )
    t.equal(answers.filter(({ status }) => status === 200).length, REQUESTS)
    t.equal(new Set(answers.map(({ body }) => body.id)).size, 1, 'one id')
    const rows = await database.query<{ id: string }>('select id from chat_session')
    t.same(rows, [{ id: String(answers[0]?.body.id) }], 'one row')

    // An event that is published after all answers arrives after their events.
    await network.publish([storeChannel(store.id), ADMINS_CHANNEL], { unreadOf: 1 })
    for (const announcements of [forStore, forAdmins]) {
      await until(() => announcements.some(isEnd), 5000)
      t.same(createdIn(announcements), [answers[0]?.body.id], 'one announcement')
    }
  })
}

t.test(
  'while another client closes again and again there is never a second active one, and never a failure',
  async (t) => {
    const [database, network] = [await createDatabase(t), createNetwork(t, 'redis')]
    const nodes = await startNodes(t, 2, { database, network, config: { limits: noLimits } })
    const store = await addStore(database)
    const announced = await network.listen(storeChannel(store.id))
    const asked = new AbortController()
    let closed = 0
    const closing = (async () => {
      while (!asked.signal.aborted) {
        if ((await closeSession(database, store.id)) !== undefined) closed++
        const [row] = await database.query<{ active: number }>(
          `select count(*)::int as active from chat_session where status <> 'closed'`,
        )
        if ((row?.active ?? 0) > 1) throw new Error(`${row?.active} active sessions`)
        await delay(CLOSE_PAUSE_MS)
      }
    })()
    const asking = nodes.flatMap((node) =>
      Array.from({ length: 15 }, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const { status, body } = await node.get('/v1/chat/store/session/', store)
          if (status !== 200 || body.status !== 'open') throw new Error(`${status} ${JSON.stringify(body)}`)
        }
      }),
    )
    await Promise.all(asking)
    asked.abort()
    await closing

    const rows = await database.query<{ id: string }>('select id from chat_session order by id')
    t.ok(closed > 10, `${closed} times closed`)
    t.ok(rows.length - closed <= 1, 'one active at the most')
    await until(() => createdIn(announced).length >= rows.length, 5000)
    t.same(
      createdIn(announced).sort((a, b) => a - b),
      rows.map(({ id }) => Number(id)),
      'each announced once',
    )
  },
)
