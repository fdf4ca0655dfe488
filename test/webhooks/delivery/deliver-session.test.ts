import t from 'tap'
import { LEASE_MS } from '../../../src/webhooks/delivery/claim-sessions.js'
import { deliverSession, type SessionDelivery } from '../../../src/webhooks/delivery/deliver-session.js'
import type { WebhookEvent } from '../../../src/webhooks/event.js'

const event: WebhookEvent = { id: 'evt_1_2_x', type: 'message.created', sessionId: 1, seq: 2, unreadId: null, body: '' }
const never = new AbortController().signal

/** Delivers one event; returns what was done, in order. */
async function deliver(leasedAt: number, isHeld = true, more: Partial<SessionDelivery> = {}): Promise<string[]> {
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
    counts: { givenUp: 0, delayed: 0 },
    pace: async () => undefined,
    isReceiving: () => true,
    switchOff: async () => undefined,
    retryDelaysMs: [1],
    timeoutMs: 15_000,
    ...more,
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

t.test('a webhook that was switched off or deleted while a delivery waited is sent nothing', async (t) => {
  let isReceiving = true
  const pace = async () => void (isReceiving = false)
  t.same(await deliver(performance.now(), true, { pace, isReceiving: () => isReceiving }), ['given back'])
})

t.test('before a wait, what was delivered some seconds ago is saved', async (t) => {
  const events = [event, { ...event, seq: 3 }]
  const counts = { givenUp: 0, delayed: 0 }
  const read = { readEvents: async () => ({ events, upTo: 3 }), pace: () => Promise.resolve(), counts }
  const at = performance.now() - 5000
  t.same(await deliver(at, true, read), ['sent', 'going on', 'sent', 'done'])
  t.equal(counts.delayed, 2)
  t.same(await deliver(at, true, { ...read, pace: () => undefined }), ['sent', 'sent', 'done'], 'without a wait')
})
