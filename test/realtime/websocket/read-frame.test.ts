import t from 'tap'
import { tooMany } from '../../../src/errors/request-error.js'
import type { Limits } from '../../../src/limits/limits.js'
import { readFrame } from '../../../src/realtime/websocket/read-frame.js'

const refusal = tooMany('Too many requests for this account')
const nothingLeft = {
  takeRequest() {
    throw refusal
  },
} as unknown as Limits
const content = 'x'.repeat(9000)

t.test('a large frame that is refused unparsed is described as far as that is certain', async (t) => {
  const describe = (text: string) => {
    const frame = readFrame(nothingLeft, { side: 'admin', id: 1, expiresAt: Infinity }, Buffer.from(text))
    t.equal(frame.refusal, refusal)
    return frame.answered
  }
  const message = (payload: object) => JSON.stringify({ type: 'message', payload: { content, ...payload } })
  const id = '"type":"typing","client_message_id":"\\ \u{1F600}'
  t.same(describe(message({ client_message_id: id, session_id: 12 })), {
    type: 'message',
    client_message_id: id,
    session_id: 12,
  })
  t.same(describe(`{ "type" : "message", "payload": {"client_message_id" :  "spaced", "content": "${content}"} }`), {
    type: 'message',
    client_message_id: 'spaced',
  })
  t.same(describe(message({ attachment_type: 'client_message_id', client_message_id: 'a' })), {
    type: 'message',
    client_message_id: 'a',
  })
  t.same(
    describe(message({ reply_to: { client_message_id: 'old' }, client_message_id: 'new' })),
    { type: 'message' },
    'none of two',
  )
  t.same(describe(message({ client_message_id: 'x'.repeat(257) })), { type: 'message' }, 'none that is too long')
  const longest = '\u{1F600}'.repeat(64)
  const escaped = '\\ud83d\\ude00'.repeat(64)
  t.same(describe(`{"type":"message","payload":{"client_message_id":"${escaped}","content":"${content}"}}`), {
    type: 'message',
    client_message_id: longest,
  })
  t.same(describe(JSON.stringify({ type: 'resume', payload: { content, client_message_id: 'a' } })), {})
  t.same(describe(`"client_message_id":"${'\\'.repeat(20_000)}`), {})
})
