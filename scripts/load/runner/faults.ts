import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { startTcpProxy, type TcpProxy } from '../../../harness/tcp-proxy.js'
import type { LoadNode } from './start-nodes.js'

/** How long nodes accept no connections after a network cut. */
const CUT_MS = 2000
/** How long a node is down, and how long both nodes are up before the next crash. */
const ROLLING_MS = 3000

/** Serves requests of `storm.js` for faults, because a k6 script cannot cut a connection as a network does. */
export interface Faults {
  /** Base URL. `POST` to `/network`, `/crash` or `/rolling` below it. */
  url: string
  /** Ports for the sockets on 127.0.0.1: TCP proxies of the given ports, which `/network` cuts. */
  ports: number[]
  close(): Promise<void>
}

/** @param ports ports on 127.0.0.1 that sockets would use without faults */
export async function startFaults(nodes: LoadNode[], ports: number[]): Promise<Faults> {
  const endings: (() => unknown)[] = []
  const lifetime = { teardown: (end: () => unknown) => void endings.push(end) }
  const proxies = await Promise.all(ports.map((port) => startTcpProxy(lifetime, port)))
  const faults: Record<string, () => Promise<void>> = {
    '/network': () => cutNetwork(proxies),
    '/crash': () => crash(nodes),
    '/rolling': () => crashInTurn(nodes),
  }
  const server = createServer((request, response) => {
    const fault = request.method === 'POST' ? faults[request.url ?? ''] : undefined
    if (fault === undefined) {
      response.writeHead(404).end()
      return
    }
    fault().then(
      () => response.end(),
      (error: unknown) => {
        console.error(error)
        response.writeHead(500).end()
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ports: proxies.map(({ port }) => port),
    async close() {
      for (const end of endings) end()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function cutNetwork(proxies: TcpProxy[]): Promise<void> {
  for (const proxy of proxies) proxy.cut()
  await delay(CUT_MS)
  for (const proxy of proxies) proxy.mend()
}

/** Kills all nodes at once. */
async function crash(nodes: LoadNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.kill()))
  await Promise.all(nodes.map((node) => node.start()))
}

/** Kills one node after the other. Each is back before the next one is killed. */
async function crashInTurn(nodes: LoadNode[]): Promise<void> {
  for (const node of nodes) {
    await node.kill()
    await delay(ROLLING_MS)
    await node.start()
    await delay(ROLLING_MS)
  }
}
