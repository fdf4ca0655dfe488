import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/database/database.js'
import { isDatabaseAway } from '../../src/database/failures.js'

/** Encodes a message of PostgreSQL's protocol: type, length, body. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const welcomeAndGoodbye = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('Z', Buffer.from('I')),
  message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')),
])

/** A server that accepts a connection and closes it at once, as PostgreSQL does while it stops. */
async function startHastyServer(t: Test): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(welcomeAndGoodbye))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `postgresql://chat@127.0.0.1:${(server.address() as AddressInfo).port}/chat`
}

for (const databasePooler of ['none', 'session', 'transaction'] as const) {
  t.test(
    `a connection that breaks before its first statement fails that statement alone (${databasePooler})`,
    async (t) => {
      const limits = { databasePoolSize: 2, databaseAcquireTimeoutMs: 2000, databaseStatementTimeoutMs: 2000 }
      const { db, close } = openDatabase({ databaseUrl: await startHastyServer(t), databasePooler, ...limits })
      t.teardown(close)
      const failures = [
        await db.prisma.$queryRaw`select 1`.catch((error: unknown) => error),
        await db.prisma.$transaction((tx) => tx.$queryRaw`select 1`).catch((error: unknown) => error),
        await db.prisma.store.count().catch((error: unknown) => error),
      ]
      for (const failure of failures) t.equal(isDatabaseAway(failure), true, String(failure))
    },
  )
}
