import t from 'tap'
import { claimConversation, sendMessages } from '../../support/chat/conversations.js'
import { startTwoNodes } from '../../support/chat/chat-client.js'
import { isSigned, startReceiver, type Reaction, type ReceivedEvent } from '../../support/platform/receiver.js'
import { until } from '../../../harness/until.js'
import { createWebhook, webhookConfig } from '../../support/platform/webhooks.js'

const MESSAGES = 12
const DEADLINE_MS = 40_000

/** Each session goes through five failures, a timeout, a broken connection, and then a working receiver. */
function createTrouble() {
  const failures: Reaction[] = [500, 500, 500, 500, 500, 'hang', 'close']
  const seen = new Map<number, number>()
  return ({ data }: ReceivedEvent): Reaction => {
    const sessionId = data.message?.session_id ?? data.session.id
    const place = seen.get(sessionId) ?? 0
    seen.set(sessionId, place + 1)
    return failures[place] ?? 200
  }
}

t.test('two nodes, a receiver in trouble: each seq of each session arrives, in order', async (t) => {
  const [here, there] = await startTwoNodes(t, { config: webhookConfig({ timeoutMs: 300, retryDelaysMs: [20] }) })
  const receiver = await startReceiver(t, createTrouble())
  const { secret } = await createWebhook(here.node, receiver.url)
  const conversations = await Promise.all([here, there, here, there].map((chat) => claimConversation(chat)))
  await Promise.all(conversations.map(({ store }, place) => sendMessages(place < 2 ? here : there, store, MESSAGES)))
  const expected = MESSAGES + 2
  await until(() => receiver.firsts().length === conversations.length * expected, DEADLINE_MS, 'all have arrived')
  for (const { sessionId } of conversations) {
    t.same(
      receiver.firsts().filter((first) => first.startsWith(`${sessionId}:`)),
      Array.from({ length: expected }, (_, place) => `${sessionId}:${place + 1}`),
    )
  }
  t.ok(receiver.accepted.every((event) => isSigned(event, secret)))
  t.comment(`${receiver.accepted.length - receiver.firsts().length} repeats of ${receiver.firsts().length} events`)
})
