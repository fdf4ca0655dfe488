/**
 * Cuts every socket at once, twice, while messages are sent: first the network resets all connections and accepts none
 * for two seconds; then all nodes crash. The clients reconnect and resume. Each reader must receive every acknowledged
 * message exactly once, in the order of the session.
 *
 *     npm run load -- storm
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/storm.js
 *
 * The script requests the cuts by `POST $FAULTS_URL/network` and `/crash`, which the runner serves, and `/rolling`: one
 * node after the other crashes, so that each socket is cut at least once. Without FAULTS_URL it prints when to cut, and
 * waits until you do (restart all nodes, for example). `FAULTS` names the cuts, separated by commas. Sizes: `STORES`
 * (two sockets each), `PAUSE_MS` (between the messages of each side), `CALM_SECONDS` (before each cut: all sockets must
 * have resumed by then).
 */
import { check } from 'k6'
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import { bodyOf, call } from './calls.js'
import { startConversations } from './conversations.js'
import { startReader } from './reader.js'
import { adminAt, nodeAt, now, pause, readCount, share, storeAt } from './settings.js'

const STORES = readCount('STORES', 100)
const PAUSE_MS = readCount('PAUSE_MS', 1000)
const FAULTS = (__ENV.FAULTS || 'network,crash').split(',')
const FAULTS_URL = __ENV.FAULTS_URL
const CALM_SECONDS = readCount('CALM_SECONDS', 8)
/** VUs: each holds its share of the conversations. */
const HOLDERS = Math.min(STORES, 20)
const DEADLINE_MS = FAULTS.length * (CALM_SECONDS + 45) * 1000
const PATIENCE_MS = 20_000

const backMs = new Trend('back_ms', true)
const deliveryMs = new Trend('delivery_ms', true)
const cuts = new Counter('cuts')
const acknowledged = new Counter('acknowledged')
const received = new Counter('received')
const missing = new Counter('missing')
const repeated = new Counter('repeated_or_gap')
const disordered = new Counter('disordered')
const finished = new Counter('finished_conversations')

export const options = {
  setupTimeout: '120s',
  scenarios: {
    conversations: {
      executor: 'per-vu-iterations',
      exec: 'talk',
      vus: HOLDERS,
      iterations: 1,
      maxDuration: `${(DEADLINE_MS + PATIENCE_MS) / 1000 + 30}s`,
    },
    faults: {
      executor: 'per-vu-iterations',
      exec: 'cut',
      vus: 1,
      iterations: 1,
      maxDuration: `${DEADLINE_MS / 1000}s`,
    },
  },
  thresholds: {
    // Each fault cuts each socket once, or twice when the nodes crash in turn.
    cuts: [`count${FAULTS.includes('rolling') ? '>=' : '=='}${2 * STORES * FAULTS.length}`],
    acknowledged: [`count>=${4 * STORES}`],
    received: [`count>=${8 * STORES}`],
    finished_conversations: [`count==${STORES}`],
    missing: ['count==0'],
    repeated_or_gap: ['count==0'],
    disordered: ['count==0'],
    checks: ['rate==1'],
    back_ms: ['p(95)<20000'],
  },
}

export function setup() {
  return { run: Date.now(), conversations: startConversations(STORES, STORES) }
}

/** @typedef {import('./conversations.js').Conversation} Conversation */
/** @typedef {import('./chat-socket.js').Message} Message */

export async function cut() {
  for (const fault of FAULTS) {
    await pause(CALM_SECONDS * 1000)
    if (!FAULTS_URL) console.warn('Cut every socket now')
    else check(http.post(`${FAULTS_URL}/${fault}`), { 'the fault was made': ({ status }) => status === 200 })
  }
}

/** @param {ReturnType<typeof setup>} run */
export async function talk({ run, conversations }) {
  const own = share(STORES, HOLDERS, exec.scenario.iterationInTest).flatMap((index) => conversations[index] ?? [])
  await Promise.all(own.map((conversation) => converse(run, conversation)))
}

/**
 * @param {number} run
 * @param {Conversation} conversation
 */
async function converse(run, { store, admin, sessionId }) {
  const listener = {
    onResumed: (/** @type {number} */ awayMs) => backMs.add(awayMs),
    onMessage(/** @type {Message} */ { content }) {
      received.add(1)
      deliveryMs.add(now() - Number(content.split(' ')[2]))
    },
    onViolation: () => repeated.add(1),
    onCut: () => cuts.add(1),
  }
  const readers = [
    startReader('store', store, storeAt(store), sessionId, listener),
    startReader('admin', store + 1, adminAt(admin), sessionId, listener),
  ]
  const isOver = waitForCuts(readers)
  const written = (
    await Promise.all([
      write(run, store, 'store', storeAt(store), {}, isOver),
      write(run, store, 'admin', adminAt(admin), { session_id: sessionId }, isOver),
    ])
  ).flat()
  const lacking = () =>
    readers.map((reader) => {
      const contents = new Set(reader.messages().map(({ content }) => content))
      return written.filter((content) => !contents.has(content)).length
    })
  const deadline = now() + PATIENCE_MS
  while (lacking().some((count) => count > 0) && now() < deadline) await pause(100)
  // Waits for duplicates.
  await pause(500)
  for (const reader of readers) reader.stop()
  missing.add(lacking().reduce((sum, count) => sum + count, 0))
  const history = await readHistory(store, sessionId)
  for (const reader of readers) {
    const ids = reader.messages().map(({ id }) => id)
    if (ids.some((id, index) => index > 0 && id <= (ids[index - 1] ?? 0))) disordered.add(1)
    check(ids, { 'a reader has the messages of the history': () => ids.join() === history.map(({ id }) => id).join() })
  }
  check(history, { 'the history has each message once': () => history.length === written.length })
  finished.add(1)
}

/**
 * Returns whether writing may end: 2 s after all readers have resumed from the last cut.
 * @param {import('./reader.js').Reader[]} readers
 */
function waitForCuts(readers) {
  const deadline = now() + DEADLINE_MS
  let backAt = Infinity
  return () => {
    if (backAt === Infinity && readers.every((one) => one.cuts() >= FAULTS.length && one.isBack())) backAt = now()
    return now() > backAt + 2000 || now() > deadline
  }
}

/**
 * Sends messages one by one, on the nodes in turn. Repeats each until it is acknowledged. Returns their contents.
 * @param {number} run
 * @param {number} index
 * @param {'store' | 'admin'} side
 * @param {import('./settings.js').Account} account
 * @param {object} recipient
 * @param {() => boolean} isOver
 */
async function write(run, index, side, account, recipient, isOver) {
  /** @type {string[]} */
  const contents = []
  let attempts = index
  await pause(Math.random() * PAUSE_MS)
  while (!isOver()) {
    const content = `${side} ${contents.length} ${now()}`
    const body = { ...recipient, content, client_message_id: `${run}-${index}-${contents.length}` }
    while ((await call('POST', nodeAt(attempts++), account, `${side}/message/`, body)).status !== 200) {
      await pause(500 * (0.5 + Math.random()))
    }
    contents.push(content)
    acknowledged.add(1)
    await pause(PAUSE_MS)
  }
  return contents
}

/**
 * All messages of a session, oldest first.
 * @param {number} index
 * @param {number} sessionId
 * @returns {Promise<Message[]>}
 */
async function readHistory(index, sessionId) {
  /** @type {Message[]} */
  const history = []
  for (let more = true; more;) {
    const before = history[0] ? `&before=${history[0].id}` : ''
    const path = `store/messages/?session_id=${sessionId}&limit=200${before}`
    const page = bodyOf(await call('GET', nodeAt(index), storeAt(index), path))
    if (page === undefined) await pause(500)
    else {
      history.unshift(...page.data)
      more = page.has_more
    }
  }
  return history
}
