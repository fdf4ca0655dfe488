/**
 * A desk at work: admins list, claim, tag, write notes, search, answer and close sessions, while stores write. Each of
 * these operations has a threshold of its own. Checks that the search finds what was written, and that no store is told
 * of a note.
 *
 *     npm run load -- desk
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/desk.js
 *
 * Sizes: `ADMINS`, `STORES`, `SECONDS`, `PAUSE_MS` (of an admin between two operations), `STORE_PAUSE_MS` (of a store
 * between two messages), `P95_MS` (threshold).
 */
import { check } from 'k6'
import exec from 'k6/execution'
import { Counter, Trend } from 'k6/metrics'
import { bodyOf, call, callAll } from './calls.js'
import { openSocket } from './chat-socket.js'
import { adminAt, nodeAt, now, pause, readCount, share, storeAt } from './settings.js'

const ADMINS = readCount('ADMINS', 50)
const STORES = readCount('STORES', 1000)
const SECONDS = readCount('SECONDS', 30)
const PAUSE_MS = readCount('PAUSE_MS', 1000)
const STORE_PAUSE_MS = readCount('STORE_PAUSE_MS', 20_000)
const P95_MS = readCount('P95_MS', 1000)
/** Stores whose sockets one VU holds. */
const STORE_VUS = 20
/** The stores are there before the admins come. A thousand sockets at once are what `storm` measures. */
const CONNECT_SECONDS = 5
/** Deadline for a message to be found by the search, which copies messages about every second. */
const PATIENCE_MS = 20_000
const IN_VIEW = 20
const WORDS = ['parcel', 'refund', 'delivery', 'invoice', 'address', 'order', 'lost', 'return']

const acts = ['list', 'claim', 'tag', 'note', 'answer', 'search', 'history', 'counts', 'close']
/** @type {Record<string, Trend>} */
const trends = Object.fromEntries(acts.map((act) => [act, new Trend(`${act}_ms`, true)]))
const foundAfter = new Trend('found_after_ms', true)
const storeMessageMs = new Trend('store_message_ms', true)
const notesAtStores = new Counter('notes_at_stores')
const served = new Counter('served_sessions')

export const options = {
  setupTimeout: '180s',
  scenarios: {
    admins: {
      ...{ executor: 'per-vu-iterations', exec: 'admin', vus: ADMINS, iterations: 1, maxDuration: '10m' },
      startTime: `${CONNECT_SECONDS}s`,
    },
    stores: { executor: 'per-vu-iterations', exec: 'stores', vus: STORE_VUS, iterations: 1, maxDuration: '10m' },
  },
  thresholds: {
    checks: ['rate==1'],
    notes_at_stores: ['count==0'],
    served_sessions: ['count>0'],
    store_message_ms: [`p(95)<${P95_MS}`],
    ...Object.fromEntries(acts.map((act) => [`${act}_ms`, [`p(95)<${P95_MS}`]])),
  },
}

export function setup() {
  const indexes = Array.from({ length: STORES }, (_, index) => index)
  callAll(
    indexes.map((index) => ['POST', nodeAt(index), storeAt(index), 'store/close/']),
    [200, 409],
  )
  callAll(
    indexes.map((index) => ['POST', nodeAt(index), storeAt(index), 'store/message/', { content: writeText(index) }]),
  )
  return { run: `run${Date.now()}`, endsAfterMs: SECONDS * 1000 }
}

/** @param {number} seed */
const writeText = (seed) => `Where is my ${WORDS[seed % WORDS.length]}? Order A-${100_000 + seed}`

/**
 * Holds the sockets of many stores, each of which writes from time to time.
 * @param {ReturnType<typeof setup>} run
 */
export async function stores({ endsAfterMs }) {
  const indexes = share(STORES, STORE_VUS, exec.scenario.iterationInTest)
  const sockets = []
  for (const index of indexes) {
    sockets.push({ index, socket: openStoreSocket(index) })
    await pause((CONNECT_SECONDS * 1000) / indexes.length)
  }
  const startedAt = now()
  while (now() - startedAt < endsAfterMs) {
    const { index } = sockets[Math.floor(Math.random() * sockets.length)] ?? { index: 0 }
    const body = { content: writeText(Math.floor(Math.random() * 100_000)) }
    const answer = await call('POST', nodeAt(index), storeAt(index), 'store/message/', body)
    storeMessageMs.add(answer.timings.duration)
    check(answer, { 'a store is answered with 200': ({ status }) => status === 200 })
    await pause((STORE_PAUSE_MS / sockets.length) * (0.5 + Math.random()))
  }
  for (const { socket } of sockets) socket.close()
}

/** @param {number} index */
const openStoreSocket = (index) =>
  openSocket('store', nodeAt(index), storeAt(index), {
    // Frames that the contract gives to admins only.
    ...{ note: () => notesAtStores.add(1), session_details: () => notesAtStores.add(1) },
    message({ message }) {
      if (message.content.includes('secret note')) notesAtStores.add(1)
    },
  })

/** @param {ReturnType<typeof setup>} run */
export async function admin({ run, endsAfterMs }) {
  const index = exec.scenario.iterationInTest
  const startedAt = now()
  const socket = openSocket('admin', nodeAt(index), adminAt(index), {})
  await pause(Math.random() * PAUSE_MS)
  for (let turn = 0; now() - startedAt < endsAfterMs; turn++) {
    const sessionId = await claimOne(index)
    if (sessionId !== undefined) await serve(index, sessionId, `${run}x${index}x${turn}`)
    await act(index, 'counts', 'GET', 'admin/sessions/counts/')
    await pauseBriefly()
  }
  socket.close()
}

const pauseBriefly = () => pause(PAUSE_MS * (0.5 + Math.random()))

/**
 * Makes one call of an admin, on either node.
 * @param {number} index
 * @param {string} name
 * @param {'GET' | 'POST'} method
 * @param {string} path
 * @param {object} [body]
 * @param {number[]} statuses
 */
async function act(index, name, method, path, body, statuses = [200]) {
  const answer = await call(method, nodeAt(index + Math.round(Math.random())), adminAt(index), path, body)
  trends[name]?.add(answer.timings.duration)
  check(answer, { [`${name} is answered`]: ({ status }) => statuses.includes(status) })
  return answer
}

/**
 * Claims one of the sessions that wait longest. Another admin may be faster.
 * @param {number} index
 * @returns {Promise<number | undefined>}
 */
async function claimOne(index) {
  const list = bodyOf(await act(index, 'list', 'GET', 'admin/sessions/open/?limit=50'))
  const session = list?.data[Math.floor(Math.random() * Math.min(IN_VIEW, list.data.length))]
  if (session === undefined) return undefined
  const answer = await act(index, 'claim', 'POST', 'admin/session/claim/', { session_id: session.id }, [200, 409])
  return answer.status === 200 ? session.id : undefined
}

/**
 * Serves a session as an admin.
 * @param {number} index
 * @param {number} session_id
 * @param {string} word that nobody else writes
 */
async function serve(index, session_id, word) {
  await act(index, 'tag', 'POST', 'admin/session/update/', {
    session_id,
    tags: ['refund', `t${index % 10}`],
    priority: index % 4,
  })
  await act(index, 'note', 'POST', 'admin/notes/', { session_id, content: `secret note ${word}` })
  await act(index, 'search', 'GET', `admin/search/?q=${WORDS[Math.floor(Math.random() * WORDS.length)]}&limit=20`)
  await act(index, 'search', 'GET', `admin/search/?q=${100 + Math.floor(Math.random() * 900)}&limit=20`)
  await pauseBriefly()
  await act(index, 'answer', 'POST', 'admin/message/', { session_id, content: `On its way. ${word}` })
  const answeredAt = now()
  await act(index, 'history', 'GET', 'admin/sessions/?status=closed&limit=20')
  await pauseBriefly()
  const found = await findWord(index, word, answeredAt)
  check(found, {
    'the answer is found, and no note': (contents) => contents.length === 1 && contents[0] === `On its way. ${word}`,
  })
  if (found.length > 0) foundAfter.add(now() - answeredAt)
  await act(index, 'close', 'POST', 'admin/close/', { session_id })
  served.add(1)
}

/**
 * Searches until the word is found.
 * @param {number} index
 * @param {string} word
 * @param {number} since
 * @returns {Promise<string[]>}
 */
async function findWord(index, word, since) {
  while (now() - since < PATIENCE_MS) {
    const page = bodyOf(await act(index, 'search', 'GET', `admin/search/?q=${word}`))
    if (page?.data.length > 0)
      return page.data.map((/** @type {{ message: { content: string } }} */ { message }) => message.content)
    await pause(500)
  }
  return []
}
