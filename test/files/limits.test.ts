import t from 'tap'
import { readConfig, type Config } from '../../src/config/config.js'
import { createPacer } from '../../src/files/uploads/pacer.js'
import { createUploadSlots } from '../../src/files/uploads/upload-slots.js'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { uploadFile } from '../support/files/uploads.js'

const limited = (t: { testdir(): string }, more: Partial<Config['files']>) => ({
  config: { files: { ...readConfig({}).files, folder: t.testdir(), ...more } },
})

t.test('an account may upload so many bytes within 24 hours', async (t) => {
  const node = await startNode(t, limited(t, { bytesPerDay: 100 }))
  const { database } = node
  const [store, other] = [await addStore(database), await addAdmin(database)]
  const upload = (account: { token: string }, length: number) =>
    uploadFile(node, account, { name: 'a.txt', bytes: 'x'.repeat(length) })
  t.equal((await upload(store, 60)).status, 200)
  t.equal((await upload(store, 41)).status, 429, 'more than is left')
  t.equal((await upload(store, 40)).status, 200, 'what is left')
  await database.query(`update chat_file set created = created - interval '23 hours'`)
  const refused = await upload(store, 1)
  t.equal(refused.status, 429)
  const retryAfter = Number(refused.headers['retry-after'])
  t.ok(retryAfter > 3500 && retryAfter <= 3600, `until the first of them is a day old: ${retryAfter}`)
  t.equal((await upload(other, 100)).status, 200, 'others are not concerned')
  await database.query(`update chat_file set created = created - interval '2 hours'`)
  t.equal((await upload(store, 1)).status, 200)
})

t.test('an account may upload so many files within 24 hours', async (t) => {
  const node = await startNode(t, limited(t, { filesPerDay: 2 }))
  const store = await addStore(node.database)
  const upload = async () => (await uploadFile(node, store, { name: 'a.txt', bytes: 'x' })).status
  t.same([await upload(), await upload(), await upload()], [200, 200, 429])
})

t.test('0 switches both limits off', async (t) => {
  const node = await startNode(t, limited(t, { bytesPerDay: 0, filesPerDay: 0 }))
  t.equal((await uploadFile(node, await addStore(node.database), { name: 'a.txt', bytes: 'x' })).status, 200)
})

t.test('only the types of the setting are accepted', async (t) => {
  const node = await startNode(t, limited(t, { extensions: ['csv'] }))
  const store = await addStore(node.database)
  t.equal((await uploadFile(node, store, { name: 'a.csv', bytes: 'x' })).status, 200)
  const { status, body } = await uploadFile(node, store, { name: 'a.txt', bytes: 'x' })
  t.equal(status, 415)
  t.match(body.message, /csv/)
})

t.test('uploads of an account beyond four wait their turn, and beyond a hundred are refused', async (t) => {
  const slots = createUploadSlots()
  const held = await Promise.all(Array.from({ length: 4 }, () => slots.take('store:1')))
  const order: number[] = []
  const waiting = Array.from({ length: 100 }, (_, index) =>
    slots.take('store:1').then((slot) => {
      order.push(index)
      return slot
    }),
  )
  await t.rejects(slots.take('store:1'), /Too many uploads/)
  const other = await slots.take('store:2')
  other.giveBack()
  t.same(order, [])
  held[0]?.giveBack()
  await waiting[0]
  t.same(order, [0])
  for (const slot of held.slice(1)) slot.giveBack()
  for (const next of waiting) (await next).giveBack()
  t.same(
    order,
    Array.from({ length: 100 }, (_, index) => index),
  )
  const last = await slots.take('store:1')
  last.giveBack()
})

t.test('eight uploads are read at once, but those that are slow do not count', async (t) => {
  const slots = createUploadSlots()
  const fast = await Promise.all(Array.from({ length: 8 }, (_, index) => slots.take(`store:${index}`)))
  let isReady = false
  const next = slots.take('store:9').then((slot) => {
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

t.test('between two turns of the event loop only so many bytes are handled, in the order they came', async (t) => {
  const pace = createPacer(100)
  const order: string[] = []
  const run = async (name: string, chunks: number) => {
    for (let chunk = 0; chunk < chunks; chunk++) {
      await pace(50)
      order.push(name)
    }
  }
  let turns = 0
  const count = () => {
    turns++
    if (order.length < 12) setImmediate(count)
  }
  setImmediate(count)
  await Promise.all([run('a', 4), run('b', 4), run('c', 4)])
  t.ok(turns >= 5, `${turns} turns for six times the bytes of one`)
  t.same([...order.slice(0, 6)].sort().join(''), 'aabbcc', 'nobody is overtaken')
})
