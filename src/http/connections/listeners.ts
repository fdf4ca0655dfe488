import { once } from 'node:events'
import { createServer, type AddressInfo, type ListenOptions, type Server } from 'node:net'
import plugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Listens on a port; 0 chooses a free one.
     * @throws the system's error, such as EADDRINUSE
     */
    listenAt(host: string, port: number): Promise<void>
  }
}

/**
 * Node.js accepts one connection in each turn of its event loop. When thousands come back at once, a turn is long, and they
 * wait to be accepted instead of being served together. Listeners that share the port accept one each: with 16, of 10,000
 * sockets twice as many were ready per second, for half the CPU time (measured).
 */
const LISTENERS = 16
/** Only Linux spreads connections over the listeners of a port, and older versions of Node.js cannot ask for it. */
const canSharePort = process.platform === 'linux' && isNewEnough(process.versions.node)

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major >= 24 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
}

/**
 * Connections that may wait at a listener. The kernel takes the smaller of this and `net.core.somaxconn`. It drops those
 * beyond, and their clients ask again after 1, 2, 4, … seconds. Node's default is 511.
 */
const BACKLOG = 65_535

/** Registered last, so that its `onClose` comes first: connections end before anything that their requests use. */
export const listenersPlugin = plugin(
  async (app) => {
    const others: { server: Server; ended: Promise<unknown> }[] = []
    let isClosing = false
    const closeOthers = () => {
      isClosing = true
      for (const { server } of others) if (server.listening) server.close()
    }

    app.decorate('listenAt', async (host: string, port: number) => {
      if (!canSharePort) return void (await app.listen({ host, port, backlog: BACKLOG }))
      // Nothing may take time between the look at the port and its use.
      await app.ready()
      const options = { host, port: await findUnused(host, port), backlog: BACKLOG, reusePort: true }
      await app.listen(options)
      const { address } = app.server.address() as AddressInfo
      for (let count = 1; count < LISTENERS && !isClosing; count++) {
        // The HTTP server takes connections of others when it is told of them. The options are those of its own.
        const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
          app.server.emit('connection', socket),
        )
        try {
          await listen(other, { ...options, host: address })
        } catch (error) {
          // The others suffice.
          app.log.warn({ err: error }, 'the port cannot be shared')
          return
        }
        others.push({ server: other, ended: once(other, 'close') })
      }
      // The node may have begun to close meanwhile.
      if (isClosing) closeOthers()
    })
    app.addHook('preClose', async () => closeOthers())
    app.addHook('onClose', async () => {
      // Fastify skips `preClose` when the same hook of another plugin has failed.
      closeOthers()
      await Promise.all(others.map(({ ended }) => ended))
    })
  },
  { name: 'listeners' },
)

/** Another process that shares its port could be listening there, which the kernel would not mind. */
async function findUnused(host: string, port: number): Promise<number> {
  const probe = createServer()
  await listen(probe, { host, port })
  const address = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return address.port
}

async function listen(server: Server, options: ListenOptions): Promise<void> {
  server.listen(options)
  await once(server, 'listening')
}
