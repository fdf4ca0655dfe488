import t from 'tap'
import { LEASE_MS } from '../../../src/webhooks/delivery/claim-sessions.js'
import { deliverSession, type SessionDelivery } from '../../../src/webhooks/delivery/deliver-session.js'
import type { EventType, WebhookEvent } from '../../../src/webhooks/event.js'

const event: WebhookEvent = { id: 'evt_1_2_x', type: 'message.created', sessionId: 1, seq: 2, unreadId: null, body: '' }
const never = new AbortController().signal

interface Circumstances {
  leasedAt?: number
  /** Whether the lease holds. */
  isHeld?: boolean
  isReceiving?: () => boolean
  events?: WebhookEvent[]
  /** What the webhook subscribes to. Default: everything. */
  wanted?: EventType[]
}

/** Delivers events of a session; returns what was done, in order, and the number of attempts. */
async function deliver(circumstances: Circumstances): Promise<{ done: string[]; made: number }> {
  const { leasedAt = performance.now(), isHeld = true, events = [event], wanted = [] } = circumstances
  const done: string[] = []
  const deps: SessionDelivery = {
    readEvents: async () => ({ events, upTo: 2 }),
    async attempt() {
      done.push('sent')
      return { isDelivered: true, answer: undefined, error: undefined, durationMs: 1 }
    },
    async saveProgress({ next }) {
      done.push(next.step)
      return isHeld
    },
    counts: { givenUp: 0 },
    isReceiving: circumstances.isReceiving ?? (() => true),
    switchOff: async () => undefined,
    retryDelaysMs: [1],
    timeoutMs: 15_000,
  }
  const receiver = { id: 1, url: '', events: wanted, secrets: [] }
  const place = { sessionId: 1, seq: 1, unreadId: 0, attempts: 0, failingForMs: 0, deliveries: 1, waitedMs: 0 }
  const made = await deliverSession(deps, { receiver, ...place, lease: 'of.this', leasedAt }, never)
  return { done, made }
}

t.test('a lease is renewed before an attempt that could outlast it, counted from before the claim', async (t) => {
  t.same((await deliver({})).done, ['sent', 'done'])
  const leasedAt = performance.now() - LEASE_MS / 2
  t.same((await deliver({ leasedAt })).done, ['going on', 'sent', 'done'], 'a claim that took long')
  t.same((await deliver({ leasedAt, isHeld: false })).done, ['going on'], 'a lease that is lost by then')
})

t.test('a webhook that is switched off or deleted between two events is sent no more', async (t) => {
  let looks = 0
  const isReceiving = () => ++looks === 1
  t.same(await deliver({ events: [event, { ...event, seq: 3 }], isReceiving }), {
    done: ['sent', 'given back'],
    made: 1,
  })
})

t.test('events that the webhook does not want are passed over, and do not count', async (t) => {
  const events: WebhookEvent[] = [
    { ...event, type: 'session.created' },
    { ...event, seq: 3 },
  ]
  t.same(await deliver({ events, wanted: ['message.created'] }), { done: ['sent', 'done'], made: 1 })
})
