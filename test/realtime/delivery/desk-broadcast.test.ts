import t from 'tap'
import { createDeskBroadcast } from '../../../src/realtime/delivery/desk-broadcast.js'
import type { Connection } from '../../../src/realtime/connections/connection.js'
import type { Account } from '../../../src/protocol/account.js'

/** A socket of an admin that remembers what it was sent. */
function connect(account: Pick<Account, 'id' | 'role'>) {
  const sent: string[] = []
  const connection = { account, send: (text: string) => void sent.push(text) } as unknown as Connection
  return { connection, sent }
}

t.test('details of a session that were overtaken are dropped, those of others are not', async (t) => {
  const { connection, sent } = connect({ id: 1, role: 'agent' })
  const { receive } = createDeskBroadcast(() => [connection])
  const send = (sessionId: number, changedAt: number) =>
    receive({ sessionDetails: { sessionId, tags: [`${changedAt}`], priority: 0, changedAt } })
  for (const [sessionId, changedAt] of [
    [1, 20],
    [1, 10],
    [2, 10],
    [1, 20],
    [1, 21],
  ] as const)
    send(sessionId, changedAt)
  t.same(
    sent.map((text) => (JSON.parse(text) as { payload: { session_id: number; tags: string[] } }).payload),
    [
      { session_id: 1, tags: ['20'], priority: 0 },
      { session_id: 2, tags: ['10'], priority: 0 },
      { session_id: 1, tags: ['21'], priority: 0 },
    ],
  )
})

t.test('who gets a note is decided by the account of the socket as it is now', async (t) => {
  const { connection, sent } = connect({ id: 1, role: 'agent' })
  const { receive } = createDeskBroadcast(() => [connection])
  const fields = { id: 1, session_id: 1, admin_name: 'A', content: 'a', created: '' }
  const send = (adminId: number, holderId: number | null) =>
    receive({ note: { note: { ...fields, admin_id: adminId }, holderId } })
  const isSent = (adminId: number, holderId: number | null) => {
    const before = sent.length
    send(adminId, holderId)
    return sent.length > before
  }
  t.same([isSent(2, null), isSent(2, 1), isSent(1, 2), isSent(2, 3)], [true, true, true, false])
  connection.account = { ...connection.account, role: 'supervisor' }
  t.ok(isSent(2, 3))
  connection.account = { ...connection.account, role: 'agent' }
  t.notOk(isSent(2, 3))
  t.notOk(receive({ unreadOf: 1 }), 'another event is left to others')
})
