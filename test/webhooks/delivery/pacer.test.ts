import t from 'tap'
import { createPacer, LEAST_PER_SECOND } from '../../../src/webhooks/delivery/pacer.js'

const WINDOW_MS = 250

/** A pacer on a node whose time and load the test decides. */
function createNode() {
  const node = { now: 1000, isBusy: false }
  const timers: { at: number; callback: () => void }[] = []
  const pacer = createPacer({
    now: () => node.now,
    wake: (callback, delayMs) => timers.push({ at: node.now + delayMs, callback }),
    wasBusy: () => node.isBusy,
  })
  const made: string[] = []
  let waiting = 0

  /** Lets time pass in steps of a millisecond. */
  async function pass(ms: number): Promise<void> {
    for (const end = node.now + ms; node.now < end;) {
      node.now++
      for (const timer of timers.splice(0)) {
        if (timer.at <= node.now) timer.callback()
        else timers.push(timer)
      }
      await Promise.resolve()
    }
  }

  /** Keeps so many deliveries waiting for a time. Returns how many were made. */
  async function deliver(ms: number, name = 'one', atOnce = 20): Promise<number> {
    const before = made.length
    const endAt = node.now + ms
    while (node.now < endAt) {
      for (let turn = waiting; turn < atOnce; turn++) {
        waiting++
        const paced = pacer.pace()
        const end = () => {
          waiting--
          made.push(name)
        }
        if (paced === undefined) end()
        else void paced.then(end)
      }
      await pass(1)
    }
    return made.length - before
  }

  /** Asks for so many turns at once. Calls back at each, at once if there is no wait. Returns how many there were at once. */
  function ask(count: number, onTurn: (place: number) => void): number {
    let atOnce = 0
    for (let place = 0; place < count; place++) {
      const paced = pacer.pace()
      if (paced === undefined) {
        atOnce++
        onTurn(place)
      } else void paced.then(() => onTurn(place))
    }
    return atOnce
  }

  return { node, pacer, made, pass, deliver, ask }
}

t.test('a node with time to spare delivers at once, without a timer', async (t) => {
  const { pacer, pass } = createNode()
  let free = 0
  for (let count = 0; count < 10_000; count++) {
    if (pacer.pace() === undefined) free++
    if (count % 100 === 0) await pass(10)
  }
  t.equal(free, 10_000)
  t.notOk(pacer.isYielding())
})

t.test('a busy node comes down to the least rate within two seconds, and stays there', async (t) => {
  const { node, pacer, deliver } = createNode()
  await deliver(WINDOW_MS)
  node.isBusy = true
  await deliver(2000)
  t.ok(pacer.isYielding())
  const made = await deliver(10_000)
  t.ok(Math.abs(made - 10 * LEAST_PER_SECOND) <= 3, `${made} deliveries in ten seconds`)
})

t.test('the rate rises step by step when the node has time again, until it is free', async (t) => {
  const { node, pacer, deliver } = createNode()
  node.isBusy = true
  await deliver(3000)
  node.isBusy = false
  const rates: number[] = []
  for (let second = 0; second < 4; second++) rates.push(await deliver(1000))
  t.same(
    rates,
    rates.toSorted((one, other) => one - other),
    'each second gives more',
  )
  t.ok((rates[0] ?? 0) < 4 * LEAST_PER_SECOND, `${rates[0]} in the first second`)
  await deliver(3000)
  t.equal(pacer.pace(), undefined)
})

t.test('a node that was busy before a long silence delivers at once', async (t) => {
  const { node, pacer, deliver, pass } = createNode()
  node.isBusy = true
  await deliver(3000)
  node.isBusy = false
  await pass(10_000)
  t.equal(pacer.pace(), undefined)
})

t.test('a busy node delivers a hundred at once, and has them again after a while of rest', async (t) => {
  const { node, pass, deliver, ask } = createNode()
  node.isBusy = true
  await deliver(3000)
  await pass(60_000)
  t.equal(
    ask(1000, () => undefined),
    100,
  )
  await pass(1000)
  t.equal(
    ask(10, () => undefined),
    0,
    'those that wait go first',
  )
})

t.test('turns come in the order of asking', async (t) => {
  const { node, pass, ask } = createNode()
  node.isBusy = true
  await pass(WINDOW_MS)
  const order: number[] = []
  // What a delivery does in its turn is not waited for.
  ask(120, (place) => void order.push(place))
  await pass(1500)
  t.same(
    order,
    Array.from({ length: 120 }, (_, place) => place),
  )
})

t.test('a timer that comes late gives no more than it has missed of late', async (t) => {
  const { node, pass, ask } = createNode()
  node.isBusy = true
  await pass(WINDOW_MS)
  let made = 0
  const atOnce = ask(300, () => made++)
  node.now += 1000
  await pass(1)
  t.ok(made - atOnce >= 1 && made - atOnce <= 4, `${made - atOnce} at once`)
})

t.test('whoever waits proceeds when the node is shutting down', async (t) => {
  const { node, pacer, pass, ask } = createNode()
  node.isBusy = true
  await pass(WINDOW_MS)
  let proceeded = 0
  ask(500, () => proceeded++)
  pacer.close()
  await pass(1)
  t.equal(proceeded, 500)
  t.equal(pacer.pace(), undefined)
})
