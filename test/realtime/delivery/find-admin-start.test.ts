import t from 'tap'
import type { Database } from '../../../src/database/database.js'
import { createAdminStartFinder } from '../../../src/realtime/delivery/find-admin-start.js'
import { createWatermarkHistory } from '../../../src/realtime/positions/watermark-history.js'
import type { DurableEvent } from '../../../src/events/events.js'

const OVERLAP_MS = 1000
const FLOOR_AT = 100_000
const opened = { at: FLOOR_AT, sessionId: 9, messageId: 9, changeId: 9, run: 'run', epoch: 'epoch' }

const messageEvent = (seq: number, at: number, previousAt: number): DurableEvent => ({
  message: { sessionId: 1, storeId: 1, holderId: null, seq, senderType: 'store', messageId: seq, at, previousAt },
  frame: '',
})

t.test('where delivery of an unknown session begins, as far as the times of its event tell', async (t) => {
  // A statement would fail: none is needed.
  const find = createAdminStartFinder({} as Database, createWatermarkHistory(opened, OVERLAP_MS))
  const settled = FLOOR_AT - OVERLAP_MS - 1
  t.equal(find(messageEvent(7, FLOOR_AT + 5, settled)), 6, 'with the event itself, when all before it is settled')
  t.equal(find(messageEvent(1, FLOOR_AT + 5, 0)), 0)
  t.equal(find(messageEvent(7, settled, settled - 5)), undefined, 'not with a straggler')
})

t.test(
  'the floor rises to what was read before the longest statement ended, and falls with the database',
  async (t) => {
    const history = createWatermarkHistory(opened, 0)
    const at = (messageId: number) => ({ ...opened, messageId, at: messageId })
    history.begin(at(20), 0)()
    t.equal(history.floor().messageId, 9, 'nothing that was above it is known to be settled yet')
    history.begin(at(30), 0)
    t.equal(history.floor().messageId, 20, 'a round has read what lies above')
    history.begin(at(40), 0)()
    t.equal(history.floor().messageId, 20, 'but not one that failed')
    history.begin(at(3), 0)
    t.match(history.floor(), { messageId: 3, at: 3 })
  },
)
