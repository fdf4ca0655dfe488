import t from 'tap'
import { createPacer, MIN_PER_SECOND } from '../../../src/webhooks/delivery/pacer.js'

const WINDOW_MS = 250
/** CPU time of a delivery on the simulated node. */
const DELIVERY_MS = 0.25
/** The node may have this many deliveries under way. */
const AT_ONCE = 160
/** Deliveries a second that take two percent of a processor while it is saturated. */
const MIN_OF_PROCESSOR = 50

/** A pacer on a simulated machine with one processor, of which the conversation wants a share. 1: all of it. */
function createNode(conversation: number) {
  /** `share`: the part that the node gets of what it wants. `waitedMs`: how long the oldest event has been due. */
  const node = { now: 1000, conversation, share: 1, waitedMs: 0 }
  const used = { from: node.now, ms: 0 }
  const pacer = createPacer({
    now: () => node.now,
    readUsage() {
      const tookMs = Math.max(node.now - used.from, 1)
      const utilization = used.ms / tookMs
      Object.assign(used, { from: node.now, ms: 0 })
      return { tookMs, utilization, ranMs: utilization * node.share * tookMs, waitedMs: 0, idleShare: 1 - utilization }
    },
  })
  let owedMs = 0
  let claimAt = 0

  /** Lets time pass. At each claim so many deliveries are due. Returns the number per second, and the claims. */
  function deliver(ms: number, due = Infinity): { perSecond: number; claims: number } {
    let [made, claims] = [0, 0]
    for (const end = node.now + ms; node.now < end; node.now++) {
      const workedMs = Math.min(owedMs, Math.max(1 - node.conversation, 0.1))
      owedMs -= workedMs
      used.ms += Math.min(node.conversation + workedMs, 1)
      if (node.now < claimAt) continue
      const begun = Math.floor(Math.min(due, pacer.allowance(), AT_ONCE - owedMs / DELIVERY_MS))
      if (begun >= 1) {
        pacer.begin(begun, node.waitedMs)
        pacer.end(begun, begun)
        owedMs += begun * DELIVERY_MS
        made += begun
        claims++
      }
      claimAt = node.now + Math.max(pacer.pauseMs(), due === Infinity ? 1 : WINDOW_MS)
    }
    return { perSecond: (made * 1000) / ms, claims }
  }

  return { node, pacer, deliver }
}

const isAbout = (actual: number, expected: number) => Math.abs(actual - expected) <= expected / 10

t.test('a node with capacity to spare is not limited', async (t) => {
  const { pacer, deliver } = createNode(0.3)
  deliver(10_000, 50)
  t.equal(pacer.allowance(), Infinity)
  t.equal(pacer.pauseMs(), 0)
  t.notOk(pacer.isYielding())
})

t.test('deliveries take what the conversation leaves, but for a reserve', async (t) => {
  for (const [conversation, least] of [
    [0.05, 2000],
    [0.4, 800],
    [0.7, 200],
  ] as const) {
    const { deliver } = createNode(conversation)
    deliver(5000)
    const { perSecond } = deliver(20_000)
    t.ok(perSecond > least, `${perSecond}/s beside a conversation that takes ${conversation}`)
    t.ok(perSecond * DELIVERY_MS < 1000 * (0.9 - conversation), 'some of the processor stays idle')
  }
})

t.test('a node with capacity to spare that is busy for half a second is not limited', async (t) => {
  const { node, pacer, deliver } = createNode(0.3)
  for (let turn = 0; turn < 5; turn++) {
    deliver(1000, 50)
    node.conversation = 1
    deliver(2 * WINDOW_MS, 50)
    node.conversation = 0.3
    t.equal(pacer.allowance(), Infinity)
  }
  node.conversation = 1
  deliver(4 * WINDOW_MS, 50)
  t.ok(pacer.allowance() < Infinity, 'but one that is busy for a second is')
})

t.test('on a saturated node they come down to two percent of its CPU time within two seconds', async (t) => {
  const { pacer, deliver } = createNode(1)
  deliver(2000)
  t.ok(pacer.isYielding())
  const { perSecond } = deliver(20_000)
  t.ok(isAbout(perSecond, MIN_OF_PROCESSOR), `${perSecond}/s`)
})

t.test('a node that gets little of the processors delivers the least number', async (t) => {
  const { node, deliver } = createNode(1)
  node.share = 0.1
  deliver(3000)
  const { perSecond } = deliver(20_000)
  t.ok(isAbout(perSecond, MIN_PER_SECOND), `${perSecond}/s`)
})

t.test('on a saturated node deliveries begin together, so that they share statements', async (t) => {
  const { node, deliver } = createNode(1)
  deliver(3000)
  const { perSecond, claims } = deliver(10_000)
  t.ok((perSecond * 10) / claims >= 19, `${claims} claims of ${perSecond * 10} deliveries`)
  node.share = 0.1
  deliver(3000)
  t.ok(deliver(10_000).claims >= 9, 'one a second at least')
})

t.test('what has been due for more than a minute raises the least rate, threefold at most', async (t) => {
  const { node, deliver } = createNode(1)
  for (const [minutes, factor] of [
    [0.5, 1],
    [2, 2],
    [60, 3],
  ] as const) {
    node.waitedMs = minutes * 60_000
    deliver(3000)
    const { perSecond } = deliver(20_000)
    t.ok(isAbout(perSecond, factor * MIN_OF_PROCESSOR), `${perSecond}/s after ${minutes} minutes`)
  }
})

t.test('the rate rises step by step when the node has capacity again, until it is free', async (t) => {
  const { node, pacer, deliver } = createNode(1)
  deliver(3000)
  node.conversation = 0.1
  const rates = [0, 1, 2].map(() => deliver(1000, 30).perSecond)
  t.same(
    rates,
    rates.toSorted((one, other) => one - other),
    'each second gives more',
  )
  deliver(5000, 30)
  t.equal(pacer.allowance(), Infinity)
})

t.test('one saturated moment of many does not keep a node from its rate, however little it delivers', async (t) => {
  const { node, pacer, deliver } = createNode(0.1)
  for (let turn = 0; turn < 10; turn++) {
    node.conversation = 1
    deliver(WINDOW_MS, 1)
    node.conversation = 0.1
    deliver(9 * WINDOW_MS, 1)
    t.notOk(pacer.isYielding())
  }
})

t.test('a node that was saturated before a long silence is free at once', async (t) => {
  const { node, pacer, deliver } = createNode(1)
  deliver(3000)
  node.conversation = 0
  node.now += 10_000
  t.equal(pacer.allowance(), Infinity)
})

t.test('after a rest a saturated node delivers a hundred at once, and gets back what was not made', async (t) => {
  const { pacer, deliver } = createNode(1)
  deliver(3000)
  deliver(60_000, 0)
  t.equal(pacer.allowance(), 100)
  pacer.begin(100, 0)
  t.equal(pacer.allowance(), 0)
  pacer.end(100, 40)
  t.equal(pacer.allowance(), 60)
  pacer.begin(1000, 0)
  t.equal(pacer.pauseMs(), 1000, 'looks again after a second, whatever is owed')
})
