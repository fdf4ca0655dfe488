import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startTcpProxy, type TcpProxy } from '../../../harness/tcp-proxy.js'
import type { LoadNode } from './start-nodes.js'

/** Nodes accept no connections for this time after a network cut. */
const CUT_MS = 2000

/** Serves the requests of `storm.js` for faults: a client cannot cut a connection as a network does. */
export interface Faults {
  /** `POST` here, followed by `/network` or `/crash`. */
  url: string
  /** Proxy URLs of the nodes, which `/network` cuts. */
  socketOrigins: string[]
  close(): Promise<void>
}

export async function startFaults(nodes: LoadNode[]): Promise<Faults> {
  const endings: (() => unknown)[] = []
  const room = { teardown: (end: () => unknown) => void endings.push(end) }
  const proxies = await Promise.all(nodes.map(({ port }) => startTcpProxy(room, port)))
  const faults: Record<string, () => Promise<void>> = {
    '/network': () => cutNetwork(proxies),
    '/crash': () => crash(nodes),
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
    socketOrigins: proxies.map(({ port }) => `http://127.0.0.1:${port}`),
    async close() {
      for (const end of endings) end()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function cutNetwork(proxies: TcpProxy[]): Promise<void> {
  for (const proxy of proxies) proxy.cut()
  await new Promise((resolve) => setTimeout(resolve, CUT_MS))
  for (const proxy of proxies) proxy.mend()
}

/** Kills all nodes at once. */
async function crash(nodes: LoadNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.kill()))
  await Promise.all(nodes.map((node) => node.start()))
}
