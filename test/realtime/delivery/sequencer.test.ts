import t from 'tap'
import { createSequencer } from '../../../src/realtime/delivery/sequencer.js'
import type { Position, Standing } from '../../../src/realtime/positions/position.js'
import type { DurableEvent } from '../../../src/events/events.js'

const facts = { sessionId: 1, storeId: 1, holderId: null }
const messageEvent = (seq: number): DurableEvent => ({
  message: { ...facts, seq, senderType: 'store', messageId: seq, at: seq * 1000, previousAt: (seq - 1) * 1000 },
  frame: '',
})

t.test('a reset that fails, as on a standby that lags, delivers nothing twice', async (t) => {
  const delivered: number[] = []
  const resets: Pick<Position, 'last'>[] = []
  let reads = 0
  let isStandby = true
  const standing: Standing = { storeId: 1, holderId: null, isClosed: false, last: 1, lastAt: 1000 }
  const sequencer = createSequencer({
    predecessorOf: (event) => ('message' in event ? event.message.seq - 1 : 0),
    deliver: (event) => delivered.push('message' in event ? event.message.seq : 0),
    readEvents: async (_sessionId, after) => {
      reads++
      return { events: [], lastAt: [after === standing.last ? 1000 : null] }
    },
    findStart: async () => 0,
    readStanding: async () => standing,
    onReset: async ({ last }) => {
      if (isStandby) throw new Error('a standby')
      resets.push({ last })
    },
    onVanished: () => t.fail('it is not gone'),
    onError: () => undefined,
  })
  t.teardown(() => sequencer.clear())
  for (const seq of [1, 2, 3]) sequencer.accept(messageEvent(seq))
  const position = sequencer.positions.get(1)
  if (position === undefined) throw new Error('The session is not known')
  await sequencer.fill(position)
  t.equal(reads, 1, 'the next look tries it again')
  for (const seq of [2, 3, 4]) sequencer.accept(messageEvent(seq))
  t.strictSame(delivered, [1, 2, 3, 4])

  isStandby = false
  sequencer.retryResets()
  await position.beginning
  t.strictSame(resets, [{ last: 1 }])
  sequencer.accept(messageEvent(2))
  t.strictSame(delivered, [1, 2, 3, 4, 2])
})
