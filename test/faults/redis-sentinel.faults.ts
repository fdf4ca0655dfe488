import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t from 'tap'
import { claimConversation, sendMessages } from '../support/chat/conversations.js'
import { startPair } from '../support/chat/pair.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { enter } from '../support/clients/socket-client.js'
import { createTempFolder } from '../support/temp-folder.js'
import { until } from '../../harness/until.js'

t.test('two nodes that find their Redis through a sentinel follow it to its replica', async (t) => {
  const master = await startOwnRedis(t)
  const { port } = new URL(master.url)
  await startOwnRedis(t, ['--replicaof', `127.0.0.1 ${port}`, '--repl-diskless-sync-delay', '0'])
  const file = join(await createTempFolder(t), 'sentinel.conf')
  const settings = [
    `monitor chat 127.0.0.1 ${port} 1`,
    'down-after-milliseconds chat 500',
    'failover-timeout chat 2000',
  ]
  await writeFile(file, settings.map((setting) => `sentinel ${setting}\n`).join(''))
  const sentinel = await startOwnRedis(t, [file, '--sentinel'])
  const redis = { kind: 'sentinel' as const, urls: [sentinel.url], sentinelMaster: 'chat', prefix: 'test' }
  const { here, there, chat } = await startPair(t, { network: { config: { redis }, createPubSub: () => undefined } })
  const areUp = () => here.app.pubsub.isUp() && there.app.pubsub.isUp()
  await until(areUp, 5000, 'both nodes are up')

  const { store } = await claimConversation(chat)
  const socket = await enter(t, there, 'store', store)
  const [id] = await sendMessages(chat, store, 1)
  await socket.next('message', ({ message }) => message.id === id)

  // A sentinel learns of replicas every ten seconds.
  await until(async () => (await readReplicas(sentinel.url)) === 1, 20_000, 'the sentinel knows the replica')
  await master.stop()
  await until(() => !areUp(), 5000, 'the master is missed')
  const ids = await sendMessages(chat, store, 3)
  for (const one of ids) await socket.next('message', ({ message }) => message.id === one, 4000)
  await until(areUp, 30_000, 'both nodes have found the replica')
  const [last] = await sendMessages(chat, store, 1)
  await socket.next('message', ({ message }) => message.id === last)
  t.strictSame(
    socket.all('message').map(({ seq }) => seq),
    [3, 4, 5, 6, 7],
  )
})

async function readReplicas(url: string): Promise<number> {
  const client = new Redis(url)
  try {
    return ((await client.call('SENTINEL', 'REPLICAS', 'chat')) as unknown[]).length
  } finally {
    client.disconnect()
  }
}
