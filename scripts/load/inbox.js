/**
 * Many admins work on an inbox with many open sessions: each pages through it, claims sessions that others try to claim
 * as well, replies and closes, while new sessions arrive. Checks that one admin wins each claim, that pages are in
 * order without repetition, and that every admin is notified of every new session once.
 *
 *     npm run load -- inbox
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/inbox.js
 *
 * Sizes: `ADMINS`, `CLAIMS` (of each admin), `OPEN` (sessions at the beginning; at least as many as are claimed), `NEW`
 * (sessions that arrive), `PAUSE_MS` (of an admin between two sessions), `P95_MS` (threshold).
 */
import { check } from 'k6'
import exec from 'k6/execution'
import { Counter, Trend } from 'k6/metrics'
import { bodyOf, call, callAll } from './calls.js'
import { openSocket } from './chat-socket.js'
import { adminAt, nodeAt, now, pause, readCount, storeAt } from './settings.js'

const ADMINS = readCount('ADMINS', 40)
const CLAIMS = readCount('CLAIMS', 5)
const OPEN = readCount('OPEN', 300)
const NEW = readCount('NEW', 50)
const PAUSE_MS = readCount('PAUSE_MS', 1000)
const P95_MS = readCount('P95_MS', 1000)
const PAGE = 50
/** Admins choose among the first sessions, so that their claims collide. */
const IN_VIEW = 10
const ATTEMPTS = 50
const PATIENCE_MS = 20_000

const listMs = new Trend('list_ms', true)
const claimMs = new Trend('claim_ms', true)
const newMessageMs = new Trend('new_message_ms', true)
const won = new Counter('claims_won')
const lost = new Counter('claims_lost')
const announced = new Counter('announced')
const repeated = new Counter('announced_again')
const dropped = new Counter('dropped_sockets')

export const options = {
  setupTimeout: '120s',
  scenarios: {
    admins: { executor: 'per-vu-iterations', exec: 'admin', vus: ADMINS, iterations: 1, maxDuration: '10m' },
    stores: { executor: 'per-vu-iterations', exec: 'arrive', vus: 1, iterations: 1, maxDuration: '10m' },
  },
  thresholds: {
    checks: ['rate==1'],
    claims_won: [`count==${ADMINS * CLAIMS}`],
    announced: [`count==${ADMINS * NEW}`],
    announced_again: ['count==0'],
    dropped_sockets: ['count==0'],
    list_ms: [`p(95)<${P95_MS}`],
    claim_ms: [`p(95)<${P95_MS}`],
    new_message_ms: [`p(95)<${P95_MS}`],
  },
}

export function setup() {
  if (OPEN < ADMINS * CLAIMS) throw new Error(`OPEN must be at least ${ADMINS * CLAIMS}, the number of claims`)
  const indexes = Array.from({ length: OPEN + NEW }, (_, index) => index)
  callAll(
    indexes.map((index) => ['POST', nodeAt(index), storeAt(index), 'store/close/']),
    [200, 409],
  )
  const body = { content: 'Where is my parcel?' }
  callAll(indexes.slice(0, OPEN).map((index) => ['POST', nodeAt(index), storeAt(index), 'store/message/', body]))
  const newIds = indexes.slice(OPEN).map((index) => storeAt(index).id)
  return { run: Date.now(), newIds }
}

/**
 * Creates new sessions, spread over the time in which the admins serve theirs.
 * @param {ReturnType<typeof setup>} run
 */
export async function arrive({ run }) {
  await pause(2000)
  for (let n = 0; n < NEW; n++) {
    const content = `${run} ${now()}`
    const { status } = await call('POST', nodeAt(n), storeAt(OPEN + n), 'store/message/', { content })
    check(status, { 'a store is answered with 200': () => status === 200 })
    await pause((CLAIMS * PAUSE_MS) / NEW)
  }
}

/** @param {ReturnType<typeof setup>} run */
export async function admin({ run, newIds }) {
  const index = exec.scenario.iterationInTest
  const account = adminAt(index)
  const arrivals = new Set(newIds)
  /** @type {Set<number>} */
  const announcedIds = new Set()
  const socket = openSocket('admin', nodeAt(index), account, {
    session_update({ session, seq }) {
      if (seq !== 1 || !arrivals.has(session.store_id)) return
      if (announcedIds.has(session.id)) repeated.add(1)
      announcedIds.add(session.id)
      announced.add(1)
    },
    message({ message }) {
      const [start, sentAt] = message.content.split(' ')
      if (start === String(run)) newMessageMs.add(now() - Number(sentAt))
    },
    closed: () => dropped.add(1),
  })
  await pause(1000 + Math.random() * PAUSE_MS)
  for (let n = 0; n < CLAIMS; n++) {
    const sessionId = await claimOne(index, account)
    if (sessionId !== undefined) await serve(index, account, sessionId)
    await pause(PAUSE_MS * (0.5 + Math.random()))
  }
  const deadline = now() + PATIENCE_MS
  while (announcedIds.size < NEW && now() < deadline) await pause(100)
  // Waits for duplicates.
  await pause(500)
  socket.close()
}

/**
 * Claims a session. Returns its id, or undefined after too many lost claims.
 * @param {number} index
 * @param {import('./settings.js').Account} account
 * @returns {Promise<number | undefined>}
 */
async function claimOne(index, account) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ids = await listOpen(index + attempt, account)
    const session_id = ids[Math.floor(Math.random() * Math.min(IN_VIEW, ids.length))]
    const answer = await call('POST', nodeAt(index), account, 'admin/session/claim/', { session_id })
    claimMs.add(answer.timings.duration)
    check(answer, { 'a claim is won or lost': ({ status }) => status === 200 || status === 409 })
    if (answer.status === 200) {
      won.add(1)
      return session_id
    }
    lost.add(1)
  }
}

/**
 * Reads two pages of the inbox.
 * @param {number} index
 * @param {import('./settings.js').Account} account
 * @returns {Promise<number[]>}
 */
async function listOpen(index, account) {
  const path = `admin/sessions/open/?limit=${PAGE}`
  const first = await call('GET', nodeAt(index), account, path)
  const { data = [], next_cursor = null } = bodyOf(first) ?? {}
  listMs.add(first.timings.duration)
  const rest =
    next_cursor === null ? undefined : await call('GET', nodeAt(index), account, `${path}&cursor=${next_cursor}`)
  if (rest) listMs.add(rest.timings.duration)
  /** @type {number[]} */
  const ids = [...data, ...((rest && bodyOf(rest))?.data ?? [])].map(({ id }) => id)
  check(ids, {
    'the inbox is answered with 200': () => first.status === 200 && (rest?.status ?? 200) === 200,
    'longest waiting first, nothing twice': () => ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0)),
  })
  return ids
}

/**
 * @param {number} index
 * @param {import('./settings.js').Account} account
 * @param {number} session_id
 */
async function serve(index, account, session_id) {
  // On the other node, which must see what the first has committed.
  const node = nodeAt(index + 1)
  const session = bodyOf(await call('GET', node, account, `admin/session/?session_id=${session_id}`))
  const mine = bodyOf(await call('GET', node, account, 'admin/sessions/my/?limit=200'))
  const sent = await call('POST', node, account, 'admin/message/', { session_id, content: 'On its way.' })
  const closed = await call('POST', node, account, 'admin/close/', { session_id })
  check(session, {
    'who wins a claim holds the session': () => session?.admin_id === account.id && session?.status === 'claimed',
    'and finds it among the own ones': () =>
      mine?.data.filter((/** @type {{ id: number }} */ { id }) => id === session_id).length === 1,
    'and may write and close': () => sent.status === 200 && closed.status === 200,
  })
}
