import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A proxy between a client and the service that simulates network faults. */
export interface Proxy {
  origin: string
  /** Sends new connections to a node; with undefined it refuses them. */
  lead(to: { origin: string } | undefined): void
  /** Cuts every open connection. */
  cut(): void
  /** Drops all bytes in this direction, while the connections stay open. */
  hush(direction: 'answers' | 'both'): void
  /** Drops nothing on new connections. */
  heal(): void
  /** The number of chunks that were dropped. */
  swallowedCount(): number
  /** The number of connections that were opened. */
  connectionCount(): number
}

export async function startProxy(t: Test, target: { origin: string }): Promise<Proxy> {
  let to: { origin: string } | undefined = target
  let hushed: 'nothing' | 'answers' | 'both' = 'nothing'
  let count = 0
  let swallowed = 0
  const sockets = new Set<Socket>()

  const server = createServer((near) => {
    count++
    if (to === undefined) return void near.destroy()
    const { hostname, port } = new URL(to.origin)
    const far = connect(Number(port), hostname)
    far.on('data', (data) => (hushed === 'nothing' ? near.write(data) : swallowed++))
    near.on('data', (data) => (hushed !== 'both' ? far.write(data) : swallowed++))
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    cut()
    server.close()
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lead: (next) => (to = next),
    cut,
    hush: (direction) => (hushed = direction),
    heal: () => (hushed = 'nothing'),
    swallowedCount: () => swallowed,
    connectionCount: () => count,
  }
}
