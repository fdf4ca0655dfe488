/**
 * Thousands of sockets, one for each store, nearly all idle. Measures the time until a socket is ready and the delivery
 * of occasional messages (sent over HTTP to the other node), and checks that no socket is closed.
 *
 *     npm run load -- sockets
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/sockets.js
 *
 * Sizes: `SOCKETS` (mind `ulimit -n`), `MESSAGES` (in all), `SECONDS` (that the sockets stay open), `P95_MS`
 * (threshold).
 */
import exec from 'k6/execution'
import { Counter, Trend } from 'k6/metrics'
import { call } from './calls.js'
import { openSocket } from './chat-socket.js'
import { nodeAt, now, pause, readCount, share, storeAt } from './settings.js'

const SOCKETS = readCount('SOCKETS', 2000)
const MESSAGES = readCount('MESSAGES', 200)
const SECONDS = readCount('SECONDS', 10)
const P95_MS = readCount('P95_MS', 500)
/** VUs: each holds its share of the sockets. */
const HOLDERS = 10
/** Sockets that a VU opens at a time. */
const AT_ONCE = 10
const PATIENCE_MS = 10_000

const readyMs = new Trend('ready_ms', true)
const deliveryMs = new Trend('delivery_ms', true)
const ready = new Counter('ready')
const dropped = new Counter('dropped_sockets')
const delivered = new Counter('delivered')
const refused = new Counter('refused')

export const options = {
  scenarios: { holders: { executor: 'per-vu-iterations', vus: HOLDERS, iterations: 1, maxDuration: '30m' } },
  thresholds: {
    ready: [`count==${SOCKETS}`],
    dropped_sockets: ['count==0'],
    delivered: [`count==${MESSAGES}`],
    refused: ['count==0'],
    ready_ms: ['p(95)<2000'],
    delivery_ms: [`p(95)<${P95_MS}`],
  },
}

/** @typedef {import('./chat-socket.js').ChatSocket} ChatSocket */

export default async function hold() {
  const part = exec.scenario.iterationInTest
  const indexes = share(SOCKETS, HOLDERS, part)
  /** @type {ChatSocket[]} */
  const sockets = []
  for (let first = 0; first < indexes.length; first += AT_ONCE) {
    sockets.push(...(await Promise.all(indexes.slice(first, first + AT_ONCE).map(open))))
  }
  const own = share(MESSAGES, HOLDERS, part)
  for (const turn of own) {
    await pause((SECONDS * 1000) / own.length)
    await write(indexes[turn % indexes.length] ?? 0, turn)
  }
  await waitForArrivals(own.length)
  for (const socket of sockets) socket.close()
}

let received = 0

/**
 * Resolves when the socket is ready or has failed.
 * @param {number} index
 * @returns {Promise<ChatSocket>}
 */
function open(index) {
  const startedAt = now()
  return new Promise((resolve) => {
    const socket = openSocket('store', nodeAt(index), storeAt(index), {
      ready() {
        readyMs.add(now() - startedAt)
        ready.add(1)
        resolve(socket)
      },
      message({ message }) {
        received++
        delivered.add(1)
        deliveryMs.add(now() - Number(message.content))
      },
      closed() {
        dropped.add(1)
        resolve(socket)
      },
    })
  })
}

/**
 * @param {number} index
 * @param {number} turn
 */
async function write(index, turn) {
  const body = { content: `${now()}`, client_message_id: `${Date.now()}-${turn}` }
  const { status } = await call('POST', nodeAt(index + 1), storeAt(index), 'store/message/', body)
  if (status !== 200) refused.add(1)
}

/**
 * Waits for messages in flight, and then for duplicates.
 * @param {number} expected
 */
async function waitForArrivals(expected) {
  const deadline = now() + PATIENCE_MS
  while (received < expected && now() < deadline) await pause(50)
  await pause(500)
}
