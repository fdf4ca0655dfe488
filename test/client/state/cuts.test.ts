import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { startNodes } from '../../support/nodes/node.js'
import { chooseSeed, createRandom } from '../../support/seed.js'
import { findDisorder } from '../../support/chat/session-events.js'
import { until } from '../../../harness/until.js'
import { list, watchAdmin, watchStore } from '../support/connect.js'
import { startProxy } from '../support/proxy.js'

const MESSAGES = 60
const CUTS = 15

t.test('through cuts between two nodes nothing is lost, nothing told twice, and the order is kept', async (t) => {
  const nodes = await startNodes(t, 2)
  const [here] = nodes
  if (here === undefined) throw new Error('Nodes were asked for')
  const { database } = here
  const random = createRandom(chooseSeed(t))
  const [storeAccount, adminAccount] = await Promise.all([addStore(database), addAdmin(database)])
  const [storeWay, adminWay] = await Promise.all([startProxy(t, here), startProxy(t, here)])
  const store = watchStore(t, storeWay, storeAccount)
  const admin = watchAdmin(t, adminWay, adminAccount)
  await Promise.all([store.reaches('online'), admin.reaches('online')])
  const { session_id } = await store.client.send({ content: 'first' })
  await admin.client.claim(session_id)

  const fromStore = list(MESSAGES, 'store')
  const fromAdmin = list(MESSAGES, 'admin')
  const sends = [
    ...fromStore.map((content) => store.client.send({ content })),
    ...fromAdmin.map((content) => admin.client.send({ session_id, content })),
  ]
  for (let cut = 0; cut < CUTS; cut++) {
    const way = random() < 0.5 ? storeWay : adminWay
    way.lead(nodes[Math.floor(random() * nodes.length)])
    way.cut()
    await delay(random() * 150)
  }
  await Promise.all(sends)

  const all = 2 * MESSAGES + 1
  await until(() => store.contents().length >= all && admin.contents().length >= all, 10_000, 'all is told')
  const stored = await store.client.history({ limit: 200 })
  const contents = stored.data.map(({ content }) => content)
  t.same(store.contents(), contents, 'the store was told all, once and in order')
  t.same(admin.contents(), contents, 'and the admin')
  t.same(
    contents.filter((content) => content.startsWith('store')),
    fromStore,
  )
  t.same(
    contents.filter((content) => content.startsWith('admin')),
    fromAdmin,
  )
  t.same(await findDisorder(database, session_id), [])
})
