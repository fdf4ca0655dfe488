import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { within } from '../../../harness/until.js'
import { createNameResolver } from '../../../src/webhooks/request/resolve-name.js'

type Reaction = { addresses: Buffer[] } | 'unknown' | 'silent'
const A = 1
const AAAA = 28
const NAME_ERROR = 3
const ipv4 = { addresses: [Buffer.from([192, 0, 2, 1])] }
const ipv6 = { addresses: [Buffer.from('20010db8000000000000000000000001', 'hex')] }

/** An answer to a question (RFC 1035, 4.1): its header and name, and a record of 12 bytes and data for each address. */
function answer(question: Buffer, type: number, reaction: Exclude<Reaction, 'silent'>): Buffer {
  const addresses = reaction === 'unknown' ? [] : reaction.addresses
  const header = Buffer.from(question.subarray(0, 12))
  header.writeUInt16BE(0x8180 | (reaction === 'unknown' ? NAME_ERROR : 0), 2)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  const end = question.indexOf(0, 12) + 5
  const records = addresses.map((address) => {
    const record = Buffer.alloc(12)
    // A pointer to the name of the question; the class IN.
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(type, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt16BE(address.length, 10)
    return Buffer.concat([record, address])
  })
  return Buffer.concat([header, question.subarray(12, end), ...records])
}

/** A name server that reacts to the type of a question. */
async function startNameServer(t: Test, react: (type: number) => Reaction) {
  const socket = createSocket('udp4')
  const asked: number[] = []
  socket.on('message', (question, from) => {
    const type = question.readUInt16BE(question.indexOf(0, 12) + 1)
    asked.push(type)
    const reaction = react(type)
    if (reaction !== 'silent') socket.send(answer(question, type, reaction), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return { servers: [`127.0.0.1:${socket.address().port}`], asked }
}

t.test('both kinds of addresses are found', async (t) => {
  const { servers } = await startNameServer(t, (type) => (type === A ? ipv4 : ipv6))
  const found = await createNameResolver({ timeoutMs: 15_000, servers })('both.example')
  const byFamily = found.toSorted((one, other) => one.family - other.family)
  t.same(byFamily, [
    { address: '192.0.2.1', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ])
})

/** Whoever waits for it is late. */
const timeoutMs = 600_000
const DEADLINE_MS = 5000

t.test('a server that drops one kind of questions does not delay the other', async (t) => {
  for (const [dropped, found] of [
    [AAAA, { address: '192.0.2.1', family: 4 }],
    [A, { address: '2001:db8::1', family: 6 }],
  ] as const) {
    const { servers } = await startNameServer(t, (type) => (type === dropped ? 'silent' : type === A ? ipv4 : ipv6))
    const resolving = createNameResolver({ timeoutMs, servers })('dropped.example')
    t.same(await within(DEADLINE_MS, resolving), [found])
  }
})

t.test('a name that does not exist for one kind does not for the other', async (t) => {
  const { servers } = await startNameServer(t, (type) => (type === AAAA ? 'silent' : 'unknown'))
  const resolving = createNameResolver({ timeoutMs, servers })('nothing.invalid')
  await t.rejects(within(DEADLINE_MS, resolving), { code: 'ENOTFOUND' })
})

t.test('a datagram that is lost is sent again', async (t) => {
  let isFirst = true
  const { servers } = await startNameServer(t, (type) => {
    if (type === AAAA) return { addresses: [] }
    const reaction = isFirst ? 'silent' : ipv4
    isFirst = false
    return reaction
  })
  t.same(await createNameResolver({ timeoutMs: 1000, servers })('lost.example'), [{ address: '192.0.2.1', family: 4 }])
})

t.test('silence is an error in time', async (t) => {
  const { servers } = await startNameServer(t, () => 'silent')
  await t.rejects(createNameResolver({ timeoutMs: 400, servers })('silent.example'), { code: 'ETIMEOUT' })
})
