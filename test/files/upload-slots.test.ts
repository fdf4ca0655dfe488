import { setMaxListeners } from 'node:events'
import t from 'tap'
import type { RequestError } from '../../src/errors/request-error.js'
import { createUploadSlots } from '../../src/files/uploads/upload-slots.js'

const never = createSignal().signal

/** A request has one of its own. */
function createSignal(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

t.test('uploads of an account beyond four wait their turn, and beyond sixteen are refused', async (t) => {
  const slots = createUploadSlots()
  const take = () => slots.take('store:1', never)
  const held = await Promise.all(Array.from({ length: 4 }, take))
  const order: number[] = []
  const waiting = Array.from({ length: 16 }, (_, index) =>
    take().then((slot) => {
      order.push(index)
      return slot
    }),
  )
  await t.rejects(take(), /Too many uploads of this account/)
  const other = await slots.take('store:2', never)
  other.giveBack()
  t.same(order, [])
  held[0]?.giveBack()
  await waiting[0]
  t.same(order, [0])
  for (const slot of held.slice(1)) slot.giveBack()
  for (const next of waiting) (await next).giveBack()
  t.same(
    order,
    Array.from({ length: 16 }, (_, index) => index),
  )
  const last = await take()
  last.giveBack()
})

t.test('eight uploads are read at once, but those that are slow do not count', async (t) => {
  const slots = createUploadSlots()
  const fast = await Promise.all(Array.from({ length: 8 }, (_, index) => slots.take(`store:${index}`, never)))
  let isReady = false
  const next = slots.take('store:9', never).then((slot) => {
    isReady = true
    return slot
  })
  await new Promise(setImmediate)
  t.notOk(isReady)
  // All but the first bring enough.
  const feeding = setInterval(() => fast.slice(1).forEach((slot) => slot.count(1_000_000)), 100)
  const slot = await next
  clearInterval(feeding)
  for (const each of [...fast, slot]) each.giveBack()
})

t.test('uploads that wait keep nobody from uploading', async (t) => {
  const slots = createUploadSlots()
  const leaving = createSignal()
  const take = (account: string) => slots.take(account, leaving.signal)
  // The first eight are read, the others of these accounts wait: more than a node reads at once.
  const waiting = Array.from({ length: 30 }, (_, account) =>
    Array.from({ length: 20 }, () => take(`store:${account}`)),
  ).flat()
  const ended = Promise.allSettled(waiting)
  const other = slots.take('store:100', never)
  for (const slot of await Promise.all(waiting.slice(0, 4))) slot.giveBack()
  leaving.abort()
  const outcomes = await ended
  for (const outcome of outcomes.slice(4)) if (outcome.status === 'fulfilled') outcome.value.giveBack()
  const refusals = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as RequestError).statusCode : [],
  )
  t.same(new Set(refusals), new Set([400]), 'nobody was refused but those who went')
  const slot = await other
  slot.giveBack()
})

t.test('a client that goes leaves its place to others', async (t) => {
  const slots = createUploadSlots()
  const held = await Promise.all(Array.from({ length: 4 }, () => slots.take('store:1', never)))
  const leaving = createSignal()
  const gone = Array.from({ length: 16 }, () => slots.take('store:1', leaving.signal))
  const ended = Promise.allSettled(gone)
  leaving.abort()
  t.same(new Set((await ended).map(({ status }) => status)), new Set(['rejected']))
  await t.rejects(slots.take('store:2', leaving.signal), /broke off/)
  const next = slots.take('store:1', never)
  for (const slot of held) slot.giveBack()
  const slot = await next
  slot.giveBack()
})
