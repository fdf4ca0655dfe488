/**
 * Stores and admins talk over WebSockets on different nodes: each store writes at a steady pace; its admin marks
 * messages as read and replies. Measures the time to delivery on the other node, to the acknowledgement and to the read
 * receipt, and checks that each message arrives once and in order.
 *
 *     npm run load -- conversation
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/conversation.js
 *
 * Sizes: `STORES`, `ADMINS`, `MESSAGES` (of each store), `PAUSE_MS` (between them), `P95_MS` (threshold). An admin
 * sends two frames for each message of its stores, and a node allows 20 a second.
 */
import { sleep } from 'k6'
import exec from 'k6/execution'
import { Counter, Trend } from 'k6/metrics'
import { clearTimeout, setTimeout } from 'k6/timers'
import { openSocket } from './chat-socket.js'
import { startConversations } from './conversations.js'
import { adminAt, nodeAt, now, pause, readCount, storeAt } from './settings.js'

const STORES = readCount('STORES', 40)
const ADMINS = Math.min(STORES, readCount('ADMINS', 10))
const MESSAGES = readCount('MESSAGES', 15)
const PAUSE_MS = readCount('PAUSE_MS', 1000)
const P95_MS = readCount('P95_MS', 500)
/** The stores start this much later, when their admins are connected. */
const HEAD_START_SECONDS = 2
const PATIENCE_MS = 15_000
const DEADLINE_MS = HEAD_START_SECONDS * 1000 + (MESSAGES + 1) * PAUSE_MS + PATIENCE_MS

const toAdminMs = new Trend('to_admin_ms', true)
const toStoreMs = new Trend('to_store_ms', true)
const ackMs = new Trend('ack_ms', true)
const readReceiptMs = new Trend('read_receipt_ms', true)
const received = new Counter('received')
const acknowledged = new Counter('acknowledged')
const receipts = new Counter('read_receipts')
const outOfOrder = new Counter('out_of_order')
const refused = new Counter('refused')
const dropped = new Counter('dropped_sockets')

const each = (/** @type {string} */ exec, /** @type {number} */ vus) => ({
  executor: 'per-vu-iterations',
  exec,
  vus,
  iterations: 1,
  maxDuration: `${Math.ceil(DEADLINE_MS / 1000) + 30}s`,
})

export const options = {
  setupTimeout: '120s',
  scenarios: { admins: each('admin', ADMINS), stores: each('store', STORES) },
  // Exact totals, so that a lost or duplicated message fails the run.
  thresholds: {
    received: [`count==${2 * STORES * MESSAGES}`],
    acknowledged: [`count==${2 * STORES * MESSAGES}`],
    read_receipts: [`count==${STORES * MESSAGES}`],
    out_of_order: ['count==0'],
    refused: ['count==0'],
    dropped_sockets: ['count==0'],
    to_admin_ms: [`p(95)<${P95_MS}`],
    to_store_ms: [`p(95)<${P95_MS}`],
    ack_ms: [`p(95)<${P95_MS}`],
    read_receipt_ms: [`p(95)<${P95_MS}`],
  },
}

export function setup() {
  return { run: Date.now(), conversations: startConversations(STORES, ADMINS) }
}

/** @typedef {ReturnType<typeof setup>} Run */

/**
 * The second word of a message is the time when it was sent, on the clock of the run.
 * @param {string} content
 */
const sentAt = (content) => Number(content.split(' ')[1])

/** Counts messages that are out of order in their session. */
function watchOrder() {
  /** @type {Map<number, number>} */
  const lasts = new Map()
  return (/** @type {number} */ sessionId, /** @type {number} */ seq) => {
    const last = lasts.get(sessionId)
    if (last !== undefined && seq !== last + 1) outOfOrder.add(1)
    lasts.set(sessionId, seq)
  }
}

/**
 * Calls `end` soon after all expected messages were counted, or at the deadline.
 * @param {number} expected
 * @param {() => void} end
 */
function startTally(expected, end) {
  let left = expected
  const deadline = setTimeout(end, DEADLINE_MS)
  return {
    count(/** @type {Counter} */ counter) {
      counter.add(1)
      left--
      if (left !== 0) return
      clearTimeout(deadline)
      // Waits for duplicates.
      setTimeout(end, 500)
    },
    drop() {
      dropped.add(1)
      clearTimeout(deadline)
    },
  }
}

/** @typedef {ReturnType<typeof startTally>} Tally */

/** @param {Run} run */
export function store({ run, conversations }) {
  // Spreads the starts.
  sleep(HEAD_START_SECONDS + (Math.random() * PAUSE_MS) / 1000)
  const index = exec.scenario.iterationInTest
  // Neighbours in the list of admins are on different nodes, and a store is on another node than its admin.
  const node = nodeAt((conversations[index]?.admin ?? 0) + 1)
  // Each message is acknowledged, replied to and read.
  const tally = startTally(3 * MESSAGES, () => socket.close())
  const socket = openSocket('store', node, storeAt(index), {
    ...listenAsStore(tally),
    ready: () => void write(socket, `${run}-${index}`),
  })
}

/**
 * @param {Tally} tally
 * @returns {import('./chat-socket.js').Listeners}
 */
function listenAsStore(tally) {
  const inOrder = watchOrder()
  /** Send times of own messages without a read receipt. @type {Map<number, number>} */
  const unread = new Map()
  return {
    message({ message, seq }) {
      inOrder(message.session_id, seq)
      const at = sentAt(message.content)
      const isOwn = message.sender_type === 'store'
      if (isOwn) unread.set(message.id, at)
      const trend = isOwn ? ackMs : toStoreMs
      trend.add(now() - at)
      tally.count(isOwn ? acknowledged : received)
    },
    message_status({ status, up_to_message_id }) {
      if (status !== 'read') return
      for (const [id, at] of unread) {
        if (id > up_to_message_id) continue
        unread.delete(id)
        readReceiptMs.add(now() - at)
        tally.count(receipts)
      }
    },
    error: () => refused.add(1),
    closed: tally.drop,
  }
}

/**
 * @param {import('./chat-socket.js').ChatSocket} socket
 * @param {string} name
 */
async function write(socket, name) {
  for (let n = 0; n < MESSAGES; n++) {
    await pause(PAUSE_MS)
    socket.send('message', { content: `${n} ${now()}`, client_message_id: `${name}-${n}` })
  }
}

/** @param {Run} run */
export function admin({ run, conversations }) {
  const index = exec.scenario.iterationInTest
  const own = conversations.filter(({ admin }) => admin === index)
  const inOrder = watchOrder()
  const tally = startTally(2 * own.length * MESSAGES, () => socket.close())
  const socket = openSocket('admin', nodeAt(index), adminAt(index), {
    message({ message: { id, session_id, sender_type, content }, seq }) {
      inOrder(session_id, seq)
      if (sender_type === 'store') {
        toAdminMs.add(now() - sentAt(content))
        socket.send('read', { session_id })
        socket.send('message', { session_id, content: `re:${id} ${now()}`, client_message_id: `${run}-${id}` })
      }
      tally.count(sender_type === 'store' ? received : acknowledged)
    },
    error: () => refused.add(1),
    closed: tally.drop,
  })
}
