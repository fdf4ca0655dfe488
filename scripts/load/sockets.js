/**
 * Thousands of sockets, one for each store, nearly all idle. Measures the time until a socket is ready and the delivery of
 * occasional messages (sent over HTTP to the other node), and checks that no socket is closed.
 *
 *     npm run load -- sockets
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/sockets.js
 *
 * Larger by `SOCKETS` (mind `ulimit -n`), `MESSAGES` (in all), `SECONDS` (that the sockets stay), `P95_MS` (threshold).
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
  const places = share(SOCKETS, HOLDERS, part)
  /** @type {ChatSocket[]} */
  const sockets = []
  for (let first = 0; first < places.length; first += AT_ONCE) {
    sockets.push(...(await Promise.all(places.slice(first, first + AT_ONCE).map(open))))
  }
  const own = share(MESSAGES, HOLDERS, part)
  for (const turn of own) {
    await pause((SECONDS * 1000) / own.length)
    await write(places[turn % places.length] ?? 0, turn)
  }
  await settle(own.length)
  for (const socket of sockets) socket.close()
}

let received = 0

/**
 * Resolves when the socket is ready or has failed.
 * @param {number} place
 * @returns {Promise<ChatSocket>}
 */
function open(place) {
  const startedAt = now()
  return new Promise((resolve) => {
    const socket = openSocket('store', nodeAt(place), storeAt(place), {
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
 * @param {number} place
 * @param {number} turn
 */
async function write(place, turn) {
  const body = { content: `${now()}`, client_message_id: `${Date.now()}-${turn}` }
  const { status } = await call('POST', nodeAt(place + 1), storeAt(place), 'store/message/', body)
  if (status !== 200) refused.add(1)
}

/** Waits for what is under way, and then for what may come twice. @param {number} expected */
async function settle(expected) {
  const deadline = now() + PATIENCE_MS
  while (received < expected && now() < deadline) await pause(50)
  await pause(500)
}
