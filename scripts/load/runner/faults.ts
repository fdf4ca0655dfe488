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
  /** Base URL. `POST` to `/network` (if wanted), `/crash` or `/rolling` below it. */
  url: string
  /** Ports for the sockets on 127.0.0.1: those given, or TCP proxies of them, which `/network` cuts. */
  ports: number[]
  close(): Promise<void>
}

/**
 * @param ports ports on 127.0.0.1 that sockets would use without faults
 * @param cutsNetwork whether `/network` is wanted. Its proxies take CPU, and two file descriptors of this process per socket.
 */
export async function startFaults(nodes: LoadNode[], ports: number[], cutsNetwork: boolean): Promise<Faults> {
  const endings: (() => unknown)[] = []
  const lifetime = { teardown: (end: () => unknown) => void endings.push(end) }
  const proxies = cutsNetwork ? await Promise.all(ports.map((port) => startTcpProxy(lifetime, port))) : []
  const faults: Record<string, () => Promise<void>> = {
    ...(cutsNetwork && { '/network': () => cutNetwork(proxies) }),
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
    ports: cutsNetwork ? proxies.map(({ port }) => port) : ports,
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
