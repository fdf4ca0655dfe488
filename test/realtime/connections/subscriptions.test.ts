import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Connection } from '../../../src/realtime/connections/connection.js'
import { createSubscriptions } from '../../../src/realtime/connections/subscriptions.js'
import { until } from '../../../harness/until.js'

const connection = () => ({}) as Connection
const noop = () => undefined

t.test('an account is opened with its first connection and closed after its last, once', async (t) => {
  const counts = { opened: 0, closed: 0 }
  const subscriptions = createSubscriptions(async () => {
    counts.opened++
    return () => {
      counts.closed++
    }
  })
  const [one, two] = [connection(), connection()]
  await Promise.all([subscriptions.add(7, one, noop), subscriptions.add(7, two, noop)])
  t.strictSame(new Set(subscriptions.connectionsOf(7)), new Set([one, two]))
  t.notOk(subscriptions.remove(7, one))
  t.ok(subscriptions.remove(7, two), 'that was the last')
  t.notOk(subscriptions.remove(7, two))
  await subscriptions.add(7, one, noop)
  t.strictSame(counts, { opened: 1, closed: 0 }, 'one who is back soon finds it open')
  subscriptions.remove(7, one)
  await until(() => counts.closed === 1, 3000)
  t.strictSame(subscriptions.ids(), [])
})

t.test('an opening that failed does not take the place of the next one with it', async (t) => {
  let isAway = true
  const subscriptions = createSubscriptions(async () => {
    if (isAway) throw new Error('away')
    return noop
  })
  await t.rejects(subscriptions.add(7, connection(), noop), /away/)
  isAway = false
  const member = connection()
  await subscriptions.add(7, member, noop)
  // Longer than an unused account stays subscribed.
  await delay(1200)
  t.strictSame([...subscriptions.connectionsOf(7)], [member])
  await subscriptions.close()
})

t.test('a connection that cannot be prepared is not taken in', async (t) => {
  const subscriptions = createSubscriptions(async () => noop)
  const prepare = () => Promise.reject(new Error('not ready'))
  await t.rejects(subscriptions.add(7, connection(), prepare), /not ready/)
  t.strictSame([...subscriptions.connectionsOf(7)], [])
  await subscriptions.close()
})
