import t from 'tap'
import { Webhook } from 'standardwebhooks'
import { createSecret, signatureHeaders } from '../../src/webhooks/signature.js'

const event = {
  id: 'evt_1_2_abc',
  timestamp: Math.floor(Date.now() / 1000),
  body: '{"type":"message.created","text":"ä€𝄞"}',
}

t.test('the reference library takes a signature, and makes the same', async (t) => {
  const secret = createSecret()
  t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  const headers = signatureHeaders([secret], event)
  const reference = new Webhook(secret)
  t.same(reference.verify(event.body, headers), JSON.parse(event.body))
  t.equal(headers['webhook-signature'], reference.sign(event.id, new Date(event.timestamp * 1000), event.body))
})

t.test('with two secrets each of them takes it, and no other', async (t) => {
  const [present, before, other] = [createSecret(), createSecret(), createSecret()]
  const headers = signatureHeaders([present, before], event)
  for (const secret of [present, before]) t.ok(new Webhook(secret).verify(event.body, headers))
  t.throws(() => new Webhook(other).verify(event.body, headers))
  t.throws(() => new Webhook(present).verify(`${event.body} `, headers))
  t.throws(() => new Webhook(present).verify(event.body, { ...headers, 'webhook-id': 'evt_other' }))
})
