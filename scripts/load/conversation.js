/**
 * Stores and admins talk over WebSockets on different nodes: each store writes at a steady pace, its admin marks that as
 * read and replies. Shows how long a message takes to the other node, to its sender's acknowledgement and to its read
 * receipt, and that every one of them arrives once and in order.
 *
 *     npm run load -- conversation
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/conversation.js
 *
 * Larger by `STORES`, `ADMINS`, `MESSAGES` (of each store), `PAUSE_MS` (between them), `P95_MS` (what may be). An admin
 * sends two frames for each message of its stores, and a node allows 20 a second.
 */
import { sleep } from 'k6'
import exec from 'k6/execution'
import { Counter, Trend } from 'k6/metrics'
import { setInterval, clearInterval, setTimeout, clearTimeout } from 'k6/timers'
import { openSocket } from './chat-socket.js'
import { startConversations } from './conversations.js'
import { adminAt, nodeAt, now, readCount, storeAt } from './settings.js'

const STORES = readCount('STORES', 40)
const ADMINS = Math.min(STORES, readCount('ADMINS', 10))
const MESSAGES = readCount('MESSAGES', 15)
const PAUSE_MS = readCount('PAUSE_MS', 1000)
const P95_MS = readCount('P95_MS', 500)
/** The stores begin when their admins are there. */
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
// Exact totals: neither a loss nor a message that came twice goes unnoticed.
const total = `count==${STORES * MESSAGES}`

export const options = {
  setupTimeout: '120s',
  scenarios: { admins: each('admin', ADMINS), stores: each('store', STORES) },
  thresholds: {
    received: [`count==${2 * STORES * MESSAGES}`],
    acknowledged: [`count==${2 * STORES * MESSAGES}`],
    read_receipts: [total],
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

/** A message tells when it was sent, on the clock of the run. @param {string} content */
const sentAt = (content) => Number(content.split(' ')[1])

/** Counts what does not follow its predecessor in the session. */
function watchOrder() {
  /** @type {Map<number, number>} */
  const lasts = new Map()
  return (/** @type {number} */ sessionId, /** @type {number} */ seq) => {
    const last = lasts.get(sessionId)
    if (last !== undefined && seq !== last + 1) outOfOrder.add(1)
    lasts.set(sessionId, seq)
  }
}

/** @param {Run} run */
export function store({ run, conversations }) {
  // Not all in the same moment.
  sleep(HEAD_START_SECONDS + (Math.random() * PAUSE_MS) / 1000)
  const place = exec.scenario.iterationInTest
  const inOrder = watchOrder()
  /** Own messages that are not known to be read. @type {Map<number, number>} */
  const unread = new Map()
  const open = { written: 0, acks: MESSAGES, replies: MESSAGES, reads: MESSAGES }
  // Neighbours in the list of admins are on different nodes, and a store is not on its admin's.
  const socket = openSocket('store', nodeAt((conversations[place]?.admin ?? 0) + 1), storeAt(place), {
    message({ message, seq }) {
      inOrder(message.session_id, seq)
      const tookMs = now() - sentAt(message.content)
      if (message.sender_type === 'store') {
        ackMs.add(tookMs)
        acknowledged.add(1)
        unread.set(message.id, sentAt(message.content))
        open.acks--
      } else {
        toStoreMs.add(tookMs)
        received.add(1)
        open.replies--
      }
      endWhenDone()
    },
    message_status({ status, up_to_message_id }) {
      if (status !== 'read') return
      for (const [id, at] of unread) {
        if (id > up_to_message_id) continue
        unread.delete(id)
        readReceiptMs.add(now() - at)
        receipts.add(1)
        open.reads--
      }
      endWhenDone()
    },
    error: () => refused.add(1),
    closed() {
      dropped.add(1)
      stop()
    },
  })
  const writing = setInterval(() => {
    const content = `${open.written} ${now()}`
    if (socket.send('message', { content, client_message_id: `${run}-${place}-${open.written}` })) open.written++
    if (open.written === MESSAGES) clearInterval(writing)
  }, PAUSE_MS)
  const deadline = setTimeout(() => end(), DEADLINE_MS)

  function endWhenDone() {
    if (open.acks <= 0 && open.replies <= 0 && open.reads <= 0) end()
  }
  function end() {
    stop()
    socket.close()
  }
  function stop() {
    clearInterval(writing)
    clearTimeout(deadline)
  }
}

/** @param {Run} run */
export function admin({ run, conversations }) {
  const place = exec.scenario.iterationInTest
  const own = conversations.filter(({ admin }) => admin === place)
  const inOrder = watchOrder()
  const open = { messages: own.length * MESSAGES, acks: own.length * MESSAGES }
  const socket = openSocket('admin', nodeAt(place), adminAt(place), {
    message({ message, seq }) {
      inOrder(message.session_id, seq)
      if (message.sender_type === 'admin') {
        acknowledged.add(1)
        open.acks--
      } else {
        toAdminMs.add(now() - sentAt(message.content))
        received.add(1)
        open.messages--
        const { id, session_id } = message
        socket.send('read', { session_id })
        socket.send('message', { session_id, content: `re:${id} ${now()}`, client_message_id: `${run}-${id}` })
      }
      if (open.messages <= 0 && open.acks <= 0) end()
    },
    error: () => refused.add(1),
    closed() {
      dropped.add(1)
      clearTimeout(deadline)
    },
  })
  const deadline = setTimeout(() => end(), DEADLINE_MS)

  function end() {
    clearTimeout(deadline)
    socket.close()
  }
}
