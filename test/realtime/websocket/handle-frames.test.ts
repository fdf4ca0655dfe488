import t from 'tap'
import { unavailable } from '../../../src/errors/request-error.js'
import type { Connection } from '../../../src/realtime/connections/connection.js'
import { handleFrames, type FrameDeps } from '../../../src/realtime/websocket/handle-frames.js'

t.test('while nobody knows whether the token was revoked, each frame has its own answer', async (t) => {
  const answers: unknown[] = []
  const connection = {
    isOpen: true,
    account: { side: 'store', id: 1, tokenId: 1, expiresAt: Infinity },
    send: (text: string) => answers.push(JSON.parse(text)),
  } as unknown as Connection
  const room = { checkAccount: () => Promise.reject(unavailable()), onFault: t.fail } as unknown as FrameDeps
  const frames = [
    { type: 'message', payload: { content: 'one', client_message_id: 'a' } },
    { type: 'message', payload: { content: 'two', client_message_id: 'b' } },
    { type: 'read', payload: {} },
    { type: 'message', payload: { content: 'three', client_message_id: 'c' } },
  ]
  await handleFrames(
    room,
    connection,
    frames.map((frame) => Buffer.from(JSON.stringify(frame))),
  )
  const refusal = (answered: object) => ({ type: 'error', payload: { code: 'unavailable', ...answered } })
  t.match(answers, [
    refusal({ type: 'message', client_message_id: 'a' }),
    refusal({ type: 'message', client_message_id: 'b' }),
    refusal({ type: 'read' }),
    refusal({ type: 'message', client_message_id: 'c' }),
  ])
})
