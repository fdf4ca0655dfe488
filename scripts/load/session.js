/**
 * Get-or-create in steady state: stores ask for their session at a fixed rate, on both nodes in turn. Most stores have
 * a session with messages; every tenth store closes its session first and gets a new one.
 *
 *     npm run load -- session
 *     k6 run -e NODES=http://127.0.0.1:8000 -e ACCOUNTS=/path/to/accounts.json scripts/load/session.js
 *
 * Sizes: `RATE` (requests a second), `SECONDS`, `STORES`, `MESSAGES` (of each session), `P95_MS` (threshold).
 */
import { check } from 'k6'
import exec from 'k6/execution'
import { Trend } from 'k6/metrics'
import { bodyOf, call, callAll } from './calls.js'
import { nodeAt, readCount, storeAt } from './settings.js'

const RATE = readCount('RATE', 100)
const SECONDS = readCount('SECONDS', 10)
const STORES = readCount('STORES', 100)
const MESSAGES = readCount('MESSAGES', 20)
const P95_MS = readCount('P95_MS', 500)

const readMs = new Trend('read_ms', true)
const createMs = new Trend('create_ms', true)

export const options = {
  scenarios: {
    stores: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      duration: `${SECONDS}s`,
      preAllocatedVUs: 50,
      maxVUs: 500,
    },
  },
  thresholds: {
    checks: ['rate==1'],
    // Dropped iterations mean that the rate was not reached.
    dropped_iterations: ['count==0'],
    read_ms: [`p(95)<${P95_MS}`],
    create_ms: [`p(95)<${P95_MS}`],
  },
}

export function setup() {
  for (let n = 0; n < MESSAGES; n++) {
    const content = { content: `Where is my parcel number ${n}` }
    callAll(
      Array.from({ length: STORES }, (_, index) => ['POST', nodeAt(index), storeAt(index), 'store/message/', content]),
    )
  }
}

export default async function askForSession() {
  const turn = exec.scenario.iterationInTest
  const index = turn % STORES
  const store = storeAt(index)
  // Alternates by round as well: otherwise an even number of stores would bind each to one node.
  const node = nodeAt(turn + Math.floor(turn / STORES))
  const isNew = index % 10 === 0
  const closed = isNew ? bodyOf(await call('POST', node, store, 'store/close/')) : undefined
  const answer = await call('GET', node, store, 'store/session/')
  const session = bodyOf(answer)
  const trend = isNew ? createMs : readMs
  trend.add(answer.timings.duration)
  check(session, {
    'is answered with 200': () => session !== undefined,
    'is the own one': () => session?.store_id === store.id,
    'is active': () => session?.status !== 'closed',
    'is new after a close, otherwise has its messages': () =>
      isNew ? session?.id > closed?.id : session?.messages.length >= MESSAGES,
  })
}
