import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

/** Stands between a client and the service, and fails as networks do. */
export interface Proxy {
  origin: string
  /** Where new connections go from now on; undefined: nowhere. */
  lead(to: { origin: string } | undefined): void
  /** Cuts every connection there is. */
  cut(): void
  /** From now on nothing comes through in this direction, while the connections stay. */
  hush(direction: 'answers' | 'both'): void
  /** New connections are whole again. */
  heal(): void
  /** How many pieces were swallowed so far. */
  swallowedCount(): number
  /** How many connections were made so far. */
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
