import t from 'tap'
import type { Reminder } from '../../src/reminders/claim-reminders.js'
import { planReminder } from '../../src/reminders/plan-reminder.js'

const MINUTE_MS = 60_000
const AFTER_MS = 10 * MINUTE_MS
const now = 1000 * MINUTE_MS
const ago = (minutes: number) => now - minutes * MINUTE_MS

/** Two messages, the first of them of a quarter of an hour ago. */
const unread: Reminder = {
  ...{ sessionId: 1, storeId: 2, lease: 'x', now, readUpTo: 0, newestId: 5, count: 2, firstId: 4, lastId: 5 },
  ...{ since: ago(15), unmailedSince: ago(15), announcedRun: null, mailedUpTo: 0, mailedAt: null, attempts: 0 },
}
const plan = (fields: Partial<Reminder>, isMailOn = true) => planReminder({ ...unread, ...fields }, AFTER_MS, isMailOn)

t.test('what is unread for long is told of', async (t) => {
  t.same(plan({}), { announces: true, mailInMs: 0, nextCheckMs: null })
  t.same(plan({}, false), { announces: true, mailInMs: null, nextCheckMs: null })
})

t.test('what was read is not', async (t) => {
  const read = { count: 0, firstId: null, lastId: null, since: null, unmailedSince: null, readUpTo: 5 }
  t.same(plan(read), { announces: false, mailInMs: null, nextCheckMs: null })
})

t.test('the store has its time, from the first message that it has not read', async (t) => {
  t.same(plan({ since: ago(4), unmailedSince: ago(4) }), {
    announces: false,
    mailInMs: null,
    nextCheckMs: 6 * MINUTE_MS,
  })
})

t.test('an unread run is announced once, the next one again', async (t) => {
  t.match(plan({ announcedRun: 0, mailedUpTo: 5, unmailedSince: null, mailedAt: ago(3) }), {
    announces: false,
    mailInMs: null,
  })
  t.match(plan({ announcedRun: 0, readUpTo: 3 }), { announces: true })
})

t.test('further messages wait until a quarter of an hour after the mail before', async (t) => {
  const mailed = { announcedRun: 0, mailedUpTo: 4, mailedAt: ago(12), unmailedSince: ago(11) }
  t.same(plan(mailed), { announces: false, mailInMs: 3 * MINUTE_MS, nextCheckMs: null })
  t.same(plan({ ...mailed, mailedAt: ago(15) }), { announces: false, mailInMs: 0, nextCheckMs: null })
  t.same(plan({ ...mailed, mailedAt: ago(60), unmailedSince: ago(2) }), {
    ...{ announces: false, mailInMs: 8 * MINUTE_MS, nextCheckMs: null },
  })
})
