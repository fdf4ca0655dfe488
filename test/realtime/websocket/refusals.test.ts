import t from 'tap'
import { addAdmin, addStore, addToken } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { enter, openSocket, refuseSocket } from '../../support/clients/socket-client.js'
import { until } from '../../../harness/until.js'

const node = await startNode(t, { config: { socketsPerAccount: 3, websocketOrigins: ['https://shop.example'] } })
const { database } = node

t.test('a bad token is refused before the upgrade, whatever is wrong with it', async (t) => {
  const { id } = await addStore(database)
  const past = new Date(Date.now() - 1000)
  const expired = await addToken(database, { storeId: id, expiresAt: past })
  const revoked = await addToken(database, { storeId: id, revokedAt: past })
  for (const account of [{ token: '' }, { token: 'unknown' }, expired, revoked]) {
    for (const inQuery of [true, false]) {
      const { status, body, headers } = await refuseSocket(node, 'store', account, { inQuery })
      t.equal(status, 401)
      t.strictSame(body, { success: false, message: 'Unauthorized' })
      t.equal(headers['www-authenticate'], 'Token')
    }
  }
})

t.test('a token of the other side and a foreign origin are forbidden', async (t) => {
  const [store, admin] = [await addStore(database), await addAdmin(database)]
  t.match(await refuseSocket(node, 'admin', store), { status: 403, body: { success: false, message: 'Forbidden' } })
  t.match(await refuseSocket(node, 'store', admin), { status: 403, body: { success: false, message: 'Forbidden' } })
  const foreign = await refuseSocket(node, 'store', store, { origin: 'https://evil.example' })
  t.match(foreign, { status: 403, body: { success: false, message: /Origin/ } })
  await enter(t, node, 'store', store, { origin: 'https://shop.example' })
  await enter(t, node, 'store', store)
  await enter(t, node, 'store', store, { origin: node.origin })
})

for (const side of ['store', 'admin'] as const) {
  t.test(`the sockets of one ${side} are limited, however many come at once`, async (t) => {
    const account = await (side === 'store' ? addStore : addAdmin)(database)
    const attempts = await Promise.allSettled(Array.from({ length: 12 }, () => enter(t, node, side, account)))
    const sockets = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? attempt.value : []))
    t.equal(sockets.length, 3)
    const { status, headers, body } = await refuseSocket(node, side, account)
    t.equal(status, 429)
    t.ok(headers['retry-after'])
    t.strictSame(Object.keys(body), ['success', 'message'])
    await sockets[0]?.close()
    await until(() => enter(t, node, side, account), 2000, 'a place that was left can be taken')
  })
}

t.test('a socket route without an upgrade is a 426', async (t) => {
  const { status } = await node.get('/v1/chat/ws/store/', await addStore(database))
  t.equal(status, 426)
})

t.test('a draining node refuses', async (t) => {
  const draining = await startNode(t, { database })
  const store = await addStore(database)
  const socket = await openSocket(t, draining, 'store', store)
  draining.app.drain()
  const { status, headers, body } = await refuseSocket(draining, 'store', store)
  t.equal(status, 503)
  t.ok(headers['retry-after'])
  t.equal(body.success, false)
  t.equal(socket.socket.readyState, socket.socket.OPEN)
})
