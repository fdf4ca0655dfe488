/**
 * A thundering herd: many requests at once for the session of a store that has none, half of them on each node. All of
 * them must get the same new session.
 *
 *     npm run load -- race
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/race.js
 *
 * Sizes: `STORES`, `REQUESTS` (for each store), `HERDS` (at the same time).
 */
import { check } from 'k6'
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import { bodyOf, callAll, describeCall } from './calls.js'
import { nodeAt, readCount, storeAt } from './settings.js'

const STORES = readCount('STORES', 300)
const REQUESTS = readCount('REQUESTS', 20)
const HERDS = readCount('HERDS', 10)

const answered = new Counter('answered')
const extraSessions = new Counter('extra_sessions')
const herdMs = new Trend('herd_ms', true)

export const options = {
  scenarios: { herds: { executor: 'shared-iterations', vus: HERDS, iterations: STORES, maxDuration: '5m' } },
  // By default k6 sends at most six at a time to a host.
  batch: REQUESTS,
  batchPerHost: REQUESTS,
  thresholds: {
    checks: ['rate==1'],
    answered: [`count==${STORES * REQUESTS}`],
    extra_sessions: ['count==0'],
  },
}

/** Closes the sessions of an earlier run. */
export function setup() {
  callAll(
    Array.from({ length: STORES }, (_, index) => ['POST', nodeAt(index), storeAt(index), 'store/close/']),
    [200, 409],
  )
}

export default function race() {
  const store = storeAt(exec.scenario.iterationInTest)
  const ask = (/** @type {number} */ index) => describeCall('GET', nodeAt(index), store, 'store/session/')
  const startedAt = Date.now()
  const answers = http.batch(Array.from({ length: REQUESTS }, (_, index) => ask(index)))
  herdMs.add(Date.now() - startedAt)
  const sessions = answers.flatMap((answer) => bodyOf(answer) ?? [])
  answered.add(sessions.length)
  const ids = new Set(sessions.map(({ id }) => id))
  extraSessions.add(Math.max(0, ids.size - 1))
  const [later] = http.batch([ask(0)]).map(bodyOf)
  check(sessions, {
    'all are answered with 200': () => sessions.length === REQUESTS,
    'with one id': () => ids.size === 1,
    'of the own store': () => sessions.every(({ store_id }) => store_id === store.id),
    'which is still the one afterwards': () => ids.has(later?.id),
  })
}
