import t from 'tap'
import { LEASE_MS } from '../../../src/webhooks/delivery/claim-sessions.js'
import { deliverSession, type SessionDelivery } from '../../../src/webhooks/delivery/deliver-session.js'
import type { WebhookEvent } from '../../../src/webhooks/event.js'

const event: WebhookEvent = { id: 'evt_1_2_x', type: 'message.created', sessionId: 1, seq: 2, unreadId: null, body: '' }
const never = new AbortController().signal

/** Delivers one event; returns what was done, in order. */
async function deliver(leasedAt: number, isHeld = true): Promise<string[]> {
  const done: string[] = []
  const deps: SessionDelivery = {
    readEvents: async () => ({ events: [event], upTo: 2 }),
    async attempt() {
      done.push('sent')
      return { isDelivered: true, answer: undefined, error: undefined, durationMs: 1 }
    },
    async saveProgress({ next }) {
      done.push(next.step)
      return isHeld
    },
    counts: { givenUp: 0 },
    pace: async () => undefined,
    switchOff: async () => undefined,
    retryDelaysMs: [1],
    timeoutMs: 15_000,
  }
  const receiver = { id: 1, url: '', events: [], secrets: [] }
  const place = { sessionId: 1, seq: 1, unreadId: 0, attempts: 0, failingForMs: 0 }
  await deliverSession(deps, { receiver, ...place, lease: 'of.this', leasedAt }, never)
  return done
}

t.test('a lease is renewed before an attempt that could outlast it, counted from before the claim', async (t) => {
  t.same(await deliver(performance.now()), ['sent', 'done'])
  t.same(await deliver(performance.now() - LEASE_MS / 2), ['going on', 'sent', 'done'], 'a claim that took long')
  t.same(await deliver(performance.now() - LEASE_MS / 2, false), ['going on'], 'a lease that is lost by then')
})
