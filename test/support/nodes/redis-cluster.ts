import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { findFreePort } from '../../../harness/free-port.js'
import { startOwnRedis, type RedisServer } from '../../../harness/redis-server.js'
import { createTempFolder } from '../temp-folder.js'
import { until } from '../../../harness/until.js'

const SLOTS = 16_384

/** Starts a Redis Cluster of three masters for one test. */
export async function startOwnCluster(t: Test): Promise<RedisServer[]> {
  const servers = await Promise.all(
    [0, 1, 2].map(async () => {
      const settings = {
        'cluster-enabled': 'yes',
        'cluster-port': String(await findFreePort()),
        'cluster-node-timeout': '1000',
        'cluster-require-full-coverage': 'no',
        'cluster-allow-pubsubshard-when-down': 'yes',
        dir: await createTempFolder(t),
      }
      return startOwnRedis(
        t,
        Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      )
    }),
  )
  const clients = servers.map(({ url }) => new Redis(url))
  try {
    const share = Math.ceil(SLOTS / servers.length)
    for (const [index, client] of clients.entries()) {
      await client.call('CLUSTER', 'ADDSLOTSRANGE', index * share, Math.min(SLOTS, (index + 1) * share) - 1)
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    }
    for (const server of servers) {
      const port = Number(new URL(server.url).port)
      const [, busPort] = (await new Promise<string[]>((resolve, reject) => {
        clients[servers.indexOf(server)]?.config('GET', 'cluster-port').then((pair) => resolve(pair), reject)
      })) as [string, string]
      await clients[0]?.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort)
    }
    const isWhole = async (client: Redis) => {
      const state = (await client.call('CLUSTER', 'INFO')) as string
      return state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:3')
    }
    await until(async () => (await Promise.all(clients.map(isWhole))).every(Boolean), 20_000, 'the cluster is whole')
  } finally {
    for (const client of clients) client.disconnect()
  }
  return servers
}
