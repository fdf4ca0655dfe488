/**
 * A desk at work: admins search, note, tag, claim, answer, prepare and hand on, while stores write. Each of these acts has a
 * threshold of its own; what was written is found by the search, and no store hears of a note.
 *
 *     npm run load -- desk
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/desk.js
 *
 * Larger by `ADMINS`, `STORES`, `SECONDS`, `PAUSE_MS` (of an admin between two acts), `STORE_PAUSE_MS` (of a store between two
 * messages), `P95_MS` (what may be).
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
/** How long a message may take until the search has it, which is copied to every second. */
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
  const places = Array.from({ length: STORES }, (_, place) => place)
  callAll(
    places.map((place) => ['POST', nodeAt(place), storeAt(place), 'store/close/']),
    [200, 409],
  )
  callAll(
    places.map((place) => ['POST', nodeAt(place), storeAt(place), 'store/message/', { content: writeText(place) }]),
  )
  return { run: `run${Date.now()}`, endsAfterMs: SECONDS * 1000 }
}

/** @param {number} seed */
const writeText = (seed) => `Where is my ${WORDS[seed % WORDS.length]}? Order A-${100_000 + seed}`

/** Many stores on sockets, each of which writes from time to time. @param {ReturnType<typeof setup>} run */
export async function stores({ endsAfterMs }) {
  const places = share(STORES, STORE_VUS, exec.scenario.iterationInTest)
  const sockets = []
  for (const place of places) {
    sockets.push({ place, socket: openStoreSocket(place) })
    await pause((CONNECT_SECONDS * 1000) / places.length)
  }
  const startedAt = now()
  while (now() - startedAt < endsAfterMs) {
    const { place } = sockets[Math.floor(Math.random() * sockets.length)] ?? { place: 0 }
    const body = { content: writeText(Math.floor(Math.random() * 100_000)) }
    const answer = await call('POST', nodeAt(place), storeAt(place), 'store/message/', body)
    storeMessageMs.add(answer.timings.duration)
    check(answer, { 'a store is answered with 200': ({ status }) => status === 200 })
    await pause((STORE_PAUSE_MS / sockets.length) * (0.5 + Math.random()))
  }
  for (const { socket } of sockets) socket.close()
}

/** @param {number} place */
const openStoreSocket = (place) =>
  openSocket('store', nodeAt(place), storeAt(place), {
    // Frames that the contract gives to admins only.
    ...{ note: () => notesAtStores.add(1), session_details: () => notesAtStores.add(1) },
    message({ message }) {
      if (message.content.includes('secret note')) notesAtStores.add(1)
    },
  })

/** @param {ReturnType<typeof setup>} run */
export async function admin({ run, endsAfterMs }) {
  const place = exec.scenario.iterationInTest
  const startedAt = now()
  const socket = openSocket('admin', nodeAt(place), adminAt(place), {})
  await pause(Math.random() * PAUSE_MS)
  for (let turn = 0; now() - startedAt < endsAfterMs; turn++) {
    const sessionId = await claimOne(place)
    if (sessionId !== undefined) await serve(place, sessionId, `${run}x${place}x${turn}`)
    await act(place, 'counts', 'GET', 'admin/sessions/counts/')
    await rest()
  }
  socket.close()
}

const rest = () => pause(PAUSE_MS * (0.5 + Math.random()))

/**
 * One call of an admin, on either node.
 * @param {number} place
 * @param {string} name
 * @param {'GET' | 'POST'} method
 * @param {string} path
 * @param {object} [body]
 * @param {number[]} statuses
 */
async function act(place, name, method, path, body, statuses = [200]) {
  const answer = await call(method, nodeAt(place + Math.round(Math.random())), adminAt(place), path, body)
  trends[name]?.add(answer.timings.duration)
  check(answer, { [`${name} is answered`]: ({ status }) => statuses.includes(status) })
  return answer
}

/**
 * Claims one of the sessions that wait longest. Another admin may be faster.
 * @param {number} place
 * @returns {Promise<number | undefined>}
 */
async function claimOne(place) {
  const list = bodyOf(await act(place, 'list', 'GET', 'admin/sessions/open/?limit=50'))
  const session = list?.data[Math.floor(Math.random() * Math.min(IN_VIEW, list.data.length))]
  if (session === undefined) return undefined
  const answer = await act(place, 'claim', 'POST', 'admin/session/claim/', { session_id: session.id }, [200, 409])
  return answer.status === 200 ? session.id : undefined
}

/**
 * What an admin does with a session.
 * @param {number} place
 * @param {number} session_id
 * @param {string} word that nobody else writes
 */
async function serve(place, session_id, word) {
  await act(place, 'tag', 'POST', 'admin/session/update/', {
    session_id,
    tags: ['refund', `t${place % 10}`],
    priority: place % 4,
  })
  await act(place, 'note', 'POST', 'admin/notes/', { session_id, content: `secret note ${word}` })
  await act(place, 'search', 'GET', `admin/search/?q=${WORDS[Math.floor(Math.random() * WORDS.length)]}&limit=20`)
  await act(place, 'search', 'GET', `admin/search/?q=${100 + Math.floor(Math.random() * 900)}&limit=20`)
  await rest()
  await act(place, 'answer', 'POST', 'admin/message/', { session_id, content: `On its way. ${word}` })
  const answeredAt = now()
  await act(place, 'history', 'GET', 'admin/sessions/?status=closed&limit=20')
  await rest()
  const found = await findWord(place, word, answeredAt)
  check(found, {
    'what was answered is found, and no note': (contents) =>
      contents.length === 1 && contents[0] === `On its way. ${word}`,
  })
  if (found.length > 0) foundAfter.add(now() - answeredAt)
  await act(place, 'close', 'POST', 'admin/close/', { session_id })
  served.add(1)
}

/**
 * Searches until the word is found.
 * @param {number} place
 * @param {string} word
 * @param {number} since
 * @returns {Promise<string[]>}
 */
async function findWord(place, word, since) {
  while (now() - since < PATIENCE_MS) {
    const page = bodyOf(await act(place, 'search', 'GET', `admin/search/?q=${word}`))
    if (page?.data.length > 0)
      return page.data.map((/** @type {{ message: { content: string } }} */ { message }) => message.content)
    await pause(500)
  }
  return []
}
