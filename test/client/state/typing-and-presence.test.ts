import t from 'tap'
import { createEvents } from '../../../src/client/state/events.js'
import { createTypingAndPresence } from '../../../src/client/state/typing-and-presence.js'

t.test('typing is renewed after three seconds, also when the clock of the device is set back', (t) => {
  const [dateNow, performanceNow] = [Date.now, performance.now]
  t.teardown(() => {
    Date.now = dateNow
    performance.now = performanceNow
  })
  let passedMs = 0
  let setBackMs = 0
  performance.now = () => passedMs
  Date.now = () => 1_800_000_000_000 + passedMs - setBackMs
  const activity = createTypingAndPresence(createEvents())
  const sent: object[] = []
  const type = (isTyping: boolean) => activity.sendTyping(isTyping, 7, (payload) => sent.push(payload))
  const typing = { is_typing: true, session_id: 7 }

  type(true)
  passedMs = 2999
  type(true)
  t.same(sent, [typing])
  setBackMs = 3_600_000
  passedMs = 3000
  type(true)
  t.same(sent, [typing, typing])
  type(false)
  type(false)
  t.same(sent, [typing, typing, { ...typing, is_typing: false }])
  t.end()
})
