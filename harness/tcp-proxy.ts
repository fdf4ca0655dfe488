import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

/** Stands between a client and a server of this machine, and can be broken in the ways in which networks break. */
export interface TcpProxy {
  port: number
  /** Resets every connection and refuses new ones. */
  cut(): void
  /** Keeps the connections, and takes new ones, but carries nothing any more. */
  swallow(): void
  /** Resets every connection; new ones are served. */
  reset(): void
  mend(): void
  /** New connections go to another port from now on. */
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
      // What was swallowed is missing from the streams that are left.
      if (state === 'swallowing') reset()
      state = 'open'
    },
  }
}
