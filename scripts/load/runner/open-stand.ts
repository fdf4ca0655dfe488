import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProxyName } from '../../../harness/configure-proxy.js'
import { startProxy, type Proxy } from '../../../harness/start-proxy.js'
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

interface Stand {
  logFile: string
  hasPlatform: boolean
  proxyName: ProxyName | undefined
  cutsNetwork: boolean
}

/**
 * Starts a PostgreSQL, a Redis and two nodes with accounts for one script, and stops them afterwards.
 * @param logFile file for the logs of the nodes
 * @param hasPlatform whether the nodes get a webhook, a mail server and a key set
 * @param proxyName the proxy in front of the nodes
 * @param cutsNetwork whether the script cuts the network of the sockets
 * @param use called with the environment variables of the script
 * @returns the dashboard with the data of the run; undefined when Prometheus is not installed
 */
export async function withStand(
  { logFile, hasPlatform, proxyName, cutsNetwork }: Stand,
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
      const ports = nodes.map(({ port }) => port)
      const proxy = proxyName && (await startProxy(proxyName, ports, folder))
      if (proxy) endings.push(proxy.stop)
      const faults = await startFaults(nodes, proxy ? [proxy.port] : ports, cutsNetwork)
      endings.push(faults.close)
      const watch = await watchMetrics(nodes.map(({ metricsAddress }) => metricsAddress))
      if (watch) endings.push(watch.stop)
      await platform?.register(nodes[0]?.origin ?? '')
      await use({
        ACCOUNTS: accountsFile,
        FAULTS_URL: faults.url,
        NODES: proxy ? `https://localhost:${proxy.port}` : nodes.map(({ origin }) => origin).join(','),
        SOCKET_NODES: faults.ports
          .map((port) => `${proxy ? 'https://localhost' : 'http://127.0.0.1'}:${port}`)
          .join(','),
        // The certificate of the proxy is self-signed.
        ...(proxy && { K6_INSECURE_SKIP_TLS_VERIFY: 'true' }),
      })
      if (proxy) await checkLog(proxy)
      panels = await watch?.readDashboard()
    } finally {
      for (const end of endings.reverse()) await end()
    }
  })
  return panels
}

/** @throws Error when the log of the proxy contains no socket, or a token */
async function checkLog({ readLog }: Proxy): Promise<void> {
  const log = await readLog()
  if (!log.includes('/v1/chat/ws/')) throw new Error('The log of the proxy contains no socket')
  const line = log.split('\n').find((one) => /bench-(store|admin)-\d/.test(one))
  if (line !== undefined) throw new Error(`The log of the proxy contains a token: ${line}`)
}

function listAccounts() {
  const list = (count: number, tokenOf: (id: number) => string) =>
    Array.from({ length: count }, (_, index) => ({ id: index + 1, token: tokenOf(index + 1) }))
  return { stores: list(STORES, storeToken), admins: list(ADMINS, adminToken) }
}
