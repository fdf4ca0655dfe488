import t from 'tap'
import { createDeliveryReceipts } from '../../../src/realtime/receipts/delivery-receipts.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { openConversation, sendMessages } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { until } from '../../../harness/until.js'

t.test('a mark of a session that is gone does not keep the others from being noted', async (t) => {
  const node = await startNode(t)
  const chat = createChatClient(node)
  const { store, sessionId } = await openConversation(chat)
  const [messageId] = await sendMessages(chat, store, 1)
  const errors: unknown[] = []
  const marks = createDeliveryReceipts(node.app.db, node.app.pubsub, (error) => errors.push(error))
  t.teardown(() => marks.close())
  marks.note(999_999, 'admin', 1)
  marks.note(sessionId, 'admin', messageId ?? 0)
  const noted = async () => {
    const [row] = await node.database.query<{ up_to: string }>(
      'select delivered_up_to as up_to from chat_receipt where session_id = $1 and side = $2',
      [sessionId, 'admin'],
    )
    return Number(row?.up_to) === messageId
  }
  await until(noted, 5000, 'the mark is noted')
  t.strictSame(errors, [])
})

t.test('a side that is set back drops its own waiting receipts, and keeps those of the other side', async (t) => {
  const node = await startNode(t)
  const chat = createChatClient(node)
  const { store, sessionId } = await openConversation(chat)
  const [messageId = 0] = await sendMessages(chat, store, 1)
  const receipts = createDeliveryReceipts(node.app.db, node.app.pubsub, (error) => t.error(error))
  receipts.note(sessionId, 'store', messageId)
  receipts.note(sessionId, 'admin', messageId)
  receipts.forget(sessionId, 'store')
  await receipts.close()
  const stored = await node.database.query(
    'select side, delivered_up_to::int as "upTo" from chat_receipt where session_id = $1',
    [sessionId],
  )
  t.same(stored, [{ side: 'admin', upTo: messageId }])
})
