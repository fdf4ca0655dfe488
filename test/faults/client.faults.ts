import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { readServices } from '../../harness/services.js'
import { startServer } from '../support/nodes/server-process.js'
import { findDisorder } from '../support/chat/session-events.js'
import { until } from '../../harness/until.js'
import { list, watchAdmin, watchStore } from '../client/support/connect.js'
import { startProxy } from '../client/support/proxy.js'

const MESSAGES = 40

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  t.test(
    `a node that ends by ${signal} in the middle of a conversation loses nothing and repeats nothing`,
    async (t) => {
      const database = await createDatabase(t)
      const environment = {
        DATABASE_URL: database.url,
        REDIS_URL: readServices().redisUrl,
        REDIS_PREFIX: `test-client-${signal}-${process.pid}`,
      }
      const [dying, staying] = [startServer(t, environment), startServer(t, environment)]
      const [here, there] = await Promise.all([dying.ready(), staying.ready()])
      const [storeAccount, adminAccount] = await Promise.all([addStore(database), addAdmin(database)])
      const way = await startProxy(t, here)
      const store = watchStore(t, way, storeAccount)
      const admin = watchAdmin(t, way, adminAccount)
      await Promise.all([store.reaches('online'), admin.reaches('online')])
      const { session_id } = await store.client.send({ content: 'first' })
      await admin.client.claim(session_id)

      const sends = [
        ...list(MESSAGES, 'store').map((content) => store.client.send({ content })),
        ...list(MESSAGES, 'admin').map((content) => admin.client.send({ session_id, content })),
      ]
      await until(() => admin.contents().length > 20, 10_000, 'the conversation is under way')
      dying.kill(signal)
      way.lead(there)
      await Promise.all(sends)

      const all = 2 * MESSAGES + 1
      await until(() => store.contents().length >= all && admin.contents().length >= all, 10_000, 'all is told')
      const contents = (await store.client.history({ limit: 200 })).data.map(({ content }) => content)
      t.same(store.contents(), contents, 'the store was told all, once and in order')
      t.same(admin.contents(), contents, 'and the admin')
      for (const name of ['store', 'admin']) {
        t.same(
          contents.filter((content) => content.startsWith(name)),
          list(MESSAGES, name),
        )
      }
      t.same(await findDisorder(database, session_id), [])
      t.equal(store.told.state.includes('draining'), signal === 'SIGTERM')
    },
  )
}
