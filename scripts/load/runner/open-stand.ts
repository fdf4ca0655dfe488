import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adminToken, seedAccounts, storeToken } from '../../bench/seed.js'
import { withServices } from '../../bench/services.js'
import type { PanelData } from '../dashboard/read-dashboard.js'
import { startFaults } from './faults.js'
import { playPlatform } from './play-platform.js'
import { createNode } from './start-nodes.js'
import { watchMetrics } from './watch-metrics.js'

const NODES = 2
/** More accounts than any script needs by default. */
const STORES = 20_000
const ADMINS = 10_000

/**
 * Starts a PostgreSQL, a Redis and two nodes with accounts for one script, and stops them afterwards.
 * @param logFile takes what the nodes log
 * @param hasPlatform whether the nodes have a webhook, a mail server and a key set
 * @param use is called with the environment variables of the script
 * @returns the dashboard with the data of the run; undefined where the machine has no Prometheus
 */
export async function withStand(
  { logFile, hasPlatform }: { logFile: string; hasPlatform: boolean },
  signal: AbortSignal,
  use: (variables: Record<string, string>) => Promise<void>,
): Promise<PanelData[] | undefined> {
  let panels: PanelData[] | undefined
  await withServices(async ({ databaseUrl, redisUrl }) => {
    const folder = await mkdtemp(join(tmpdir(), 'store-chat-load-'))
    const endings: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
    try {
      signal.throwIfAborted()
      await seedAccounts(databaseUrl, STORES, ADMINS)
      const accountsFile = join(folder, 'accounts.json')
      await writeFile(accountsFile, JSON.stringify(listAccounts()))
      const platform = hasPlatform ? await playPlatform() : undefined
      if (platform) endings.push(platform.close)
      const environment = {
        ...{ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, FILES_DIR: join(folder, 'files') },
        ...platform?.environment,
      }
      const nodes = await Promise.all(Array.from({ length: NODES }, () => createNode(environment, logFile, signal)))
      endings.push(...nodes.map((node) => node.kill))
      await Promise.all(nodes.map((node) => node.start()))
      const faults = await startFaults(nodes)
      endings.push(faults.close)
      const watch = await watchMetrics(nodes.map(({ metricsAddress }) => metricsAddress))
      if (watch) endings.push(watch.stop)
      await platform?.register(nodes[0]?.origin ?? '')
      await use({
        ACCOUNTS: accountsFile,
        NODES: nodes.map(({ origin }) => origin).join(','),
        SOCKET_NODES: faults.socketOrigins.join(','),
        FAULTS_URL: faults.url,
      })
      panels = await watch?.readDashboard()
    } finally {
      for (const end of endings.reverse()) await end()
    }
  })
  return panels
}

function listAccounts() {
  const list = (count: number, tokenOf: (id: number) => string) =>
    Array.from({ length: count }, (_, index) => ({ id: index + 1, token: tokenOf(index + 1) }))
  return { stores: list(STORES, storeToken), admins: list(ADMINS, adminToken) }
}
