import { Redis } from 'ioredis'
import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { createNetwork } from '../support/nodes/network.js'
import { startNode } from '../support/nodes/node.js'
import { enter } from '../support/clients/socket-client.js'
import { readServices } from '../../harness/services.js'
import { until } from '../../harness/until.js'

const CONNECTS = 1000
const ACCOUNTS = 20
const AT_ONCE = 25

t.test('after 1,000 connects and disconnects no map entry, timer or subscription is left', async (t) => {
  const network = createNetwork(t, 'redis')
  const node = await startNode(t, { network })
  const chat = createChatClient(node)
  const { hub } = node.app
  const redis = new Redis(readServices().redisUrl)
  t.teardown(() => redis.disconnect())
  const prefix = network.config.redis?.prefix ?? ''
  const channels = async () => (await redis.pubsub('CHANNELS', `${prefix}:*`)).length
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const sizes = () => ({
    stores: hub.store.subscriptions.ids().length,
    admins: hub.admin.subscriptions.ids().length,
    everyone: Number(hub.admin.isListening()),
    storePositions: hub.store.sequencer.positions.size,
    adminPositions: hub.admin.sequencer.positions.size,
    connections: hub.connectionCount(),
  })
  const none = { stores: 0, admins: 0, everyone: 0, storePositions: 0, adminPositions: 0, connections: 0 }
  await until(async () => (await channels()) > 0, 5000, 'the node has subscribed')
  const [channelsBefore, timersBefore] = [await channels(), timers()]

  const stores = await Promise.all(Array.from({ length: ACCOUNTS }, () => addStore(node.database)))
  const admins = await Promise.all(Array.from({ length: ACCOUNTS }, () => addAdmin(node.database)))
  for (const store of stores) await chat.post('store/message/', store, { content: 'hello' })
  for (let round = 0; round < CONNECTS / AT_ONCE; round++) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, place) => {
        const [side, accounts] = place % 5 === 0 ? (['admin', admins] as const) : (['store', stores] as const)
        const account = accounts[(round + place) % ACCOUNTS] ?? { token: '' }
        const client = await enter({ teardown: () => undefined }, node, side, account)
        client.send('typing', { is_typing: true, session_id: 1 })
        // Some go without a word.
        if (place % 3 === 0) client.socket.terminate()
        else await client.close()
      }),
    )
  }
  t.ok(sizes().storePositions > 0)
  await until(() => JSON.stringify(sizes()) === JSON.stringify(none), 5000, 'all is forgotten').catch(() => undefined)
  t.strictSame(sizes(), none)
  await until(async () => (await channels()) === channelsBefore, 3000).catch(() => undefined)
  t.equal(await channels(), channelsBefore)
  // The node's own regular tasks have no timer while they are at work, as some may have been before.
  const most = timersBefore + 3
  await until(() => timers() <= most, 10_000).catch(() => undefined)
  t.ok(timers() <= most, `${timers()} timers, ${timersBefore} before`)
  const rows = await node.database.query('select from online')
  t.equal(rows.length, 0, 'nobody is online')
})
