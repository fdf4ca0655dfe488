import t from 'tap'
import type { TestAccount } from '../support/chat/accounts.js'
import { claimConversation, sendMessages } from '../support/chat/conversations.js'
import { startPair } from '../support/chat/pair.js'
import { startOwnCluster } from '../support/nodes/redis-cluster.js'
import { enter, type SocketClient } from '../support/clients/socket-client.js'
import { until } from '../../harness/until.js'

const SHARE_OF_STORES = 9

t.test('two nodes on a Redis Cluster of three: frames travel, and a shard that fails loses nothing', async (t) => {
  const servers = await startOwnCluster(t)
  const urls = servers.map(({ url }) => url)
  const redis = { kind: 'cluster' as const, urls, sentinelMaster: '', prefix: 'test' }
  const { here, there, chat } = await startPair(t, {
    network: { config: { redis }, createPubSub: () => undefined },
  })
  await until(() => here.app.pubsub.isUp() && there.app.pubsub.isUp(), 5000, 'both nodes are up')
  // Their channels lie on different shards.
  const all: { store: TestAccount; socket: SocketClient }[] = []
  while (all.length < SHARE_OF_STORES) {
    const { store } = await claimConversation(chat)
    all.push({ store, socket: await enter(t, there, 'store', store) })
  }
  for (const { store, socket } of all) {
    const [id] = await sendMessages(chat, store, 1)
    const startedAt = Date.now()
    await socket.next('message', ({ message }) => message.id === id)
    t.ok(Date.now() - startedAt < 600, 'by the pubsub, not by the sweep')
  }
  await servers[1]?.stop()
  for (const { store, socket } of all) {
    const ids = await sendMessages(chat, store, 3)
    for (const id of ids) await socket.next('message', ({ message }) => message.id === id, 4000)
    t.strictSame(
      socket.all('message').map(({ seq }) => seq),
      [3, 4, 5, 6],
    )
  }
  await servers[1]?.start()
})
