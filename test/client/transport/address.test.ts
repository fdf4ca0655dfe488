import t from 'tap'
import { readBaseUrl, toHttpUrl, toSocketUrl } from '../../../src/client/transport/address.js'
import { countFrameBytes } from '../../../src/client/transport/frame-size.js'
import { chooseSeed, createRandom } from '../../support/seed.js'

t.test('the address of the service keeps its path and loses what does not belong to it', async (t) => {
  const cases = {
    'https://chat.example.com': 'https://chat.example.com',
    ' https://chat.example.com:8443// ': 'https://chat.example.com:8443',
    'HTTP://[::1]:8000/support/?a=1#b': 'HTTP://[::1]:8000/support',
    'https://example.com?next=/x': 'https://example.com',
  }
  for (const [origin, base] of Object.entries(cases)) t.equal(readBaseUrl(origin), base)
  for (const origin of ['', '/chat', 'chat.example.com', 'ftp://example.com', 'https://', 'javascript:alert(1)']) {
    t.throws(() => readBaseUrl(origin), { name: 'TypeError', message: /http or https/ })
  }
})

t.test('routes and sockets are below that address', async (t) => {
  t.equal(toHttpUrl('https://e.com/s', 'me/', {}), 'https://e.com/s/v1/chat/me/')
  t.equal(
    toHttpUrl('https://e.com', 'admin/messages/', { session_id: 7, before: undefined, cursor: 'a&b=c d' }),
    'https://e.com/v1/chat/admin/messages/?session_id=7&cursor=a%26b%3Dc%20d',
  )
  t.equal(toSocketUrl('https://e.com/s', 'store', 'a+b/c='), 'wss://e.com/s/v1/chat/ws/store/?token=a%2Bb%2Fc%3D')
  t.equal(toSocketUrl('HTTP://e.com', 'admin', 't'), 'ws://e.com/v1/chat/ws/admin/?token=t')
})

t.test('the size of a frame is counted as it is encoded', async (t) => {
  const random = createRandom(chooseSeed(t))
  const encoder = new TextEncoder()
  for (let round = 0; round < 500; round++) {
    const units = Array.from({ length: Math.floor(random() * 20) }, () => Math.floor(random() ** 3 * 0x10000))
    const payload = { content: String.fromCharCode(...units) + (random() < 0.3 ? '😀' : '') }
    const text = JSON.stringify({ type: 'message', payload })
    if (countFrameBytes('message', payload) !== encoder.encode(text).length) t.fail(text)
  }
})
