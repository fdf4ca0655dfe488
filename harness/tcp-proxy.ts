import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A TCP proxy in front of a local server. It simulates the faults of a network. */
export interface TcpProxy {
  port: number
  /** Resets every connection and refuses new ones. */
  cut(): void
  /** Keeps connections open and accepts new ones, but forwards nothing. */
  swallow(): void
  /** Resets every connection and accepts new ones. */
  reset(): void
  mend(): void
  /** Forwards new connections to another port from now on. */
  lead(targetPort: number): void
}

export async function startTcpProxy(t: Pick<Test, 'teardown'>, firstTargetPort: number): Promise<TcpProxy> {
  let targetPort = firstTargetPort
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: 'open' | 'cut' | 'swallowing' = 'open'
  const server = createServer((client) => {
    if (state === 'cut') {
      client.resetAndDestroy()
      return
    }
    const target = connect(targetPort, '127.0.0.1')
    const pair = [client, target] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [target, client] as const]) {
      from.on('data', (data) => {
        if (state !== 'swallowing') to.write(data)
      })
      from.on('error', () => undefined)
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
    }
  })
  const reset = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    reset()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    reset,
    cut() {
      state = 'cut'
      reset()
    },
    swallow: () => (state = 'swallowing'),
    lead: (port) => (targetPort = port),
    mend() {
      // Streams that are still open lack the bytes that were swallowed.
      if (state === 'swallowing') reset()
      state = 'open'
    },
  }
}
