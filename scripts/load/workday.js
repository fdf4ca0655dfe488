/**
 * A bit of everything: stores write, upload and are disconnected once; admins answer, search and read reports;
 * strangers send invalid tokens. The runner simulates the platform, with a webhook, a mail server and a key set, so
 * that each panel of the dashboard has data. `npm run load -- workday` fails when one has none.
 *
 *     npm run load -- workday
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/workday.js
 *
 * Sizes: `STORES`, `ADMINS`, `SECONDS`, `PAUSE_MS` (of an admin between two operations; a store pauses ten times as
 * long between two messages).
 */
import { check } from 'k6'
import encoding from 'k6/encoding'
import exec from 'k6/execution'
import http from 'k6/http'
import { bodyOf, call, callAll } from './calls.js'
import { openSocket } from './chat-socket.js'
import { adminAt, nodeAt, now, pause, readCount, share, socketNodeAt, storeAt } from './settings.js'

const STORES = readCount('STORES', 200)
const ADMINS = readCount('ADMINS', 20)
const SECONDS = readCount('SECONDS', 60)
const PAUSE_MS = readCount('PAUSE_MS', 1000)
/** Stores whose sockets one VU holds. */
const STORE_VUS = 10
const FAULTS_URL = __ENV.FAULTS_URL
const FILE = 'order;4711;on its way\n'.repeat(5000)

/** @param {string} exec @param {number} vus */
const each = (exec, vus) => ({
  ...{ executor: 'per-vu-iterations', exec, vus, iterations: 1 },
  maxDuration: `${SECONDS + 60}s`,
})

export const options = {
  setupTimeout: '120s',
  scenarios: {
    stores: each('stores', STORE_VUS),
    admins: each('admin', ADMINS),
    uploads: each('uploads', 2),
    strangers: each('strangers', 1),
    cut: each('cut', 1),
  },
  thresholds: { checks: ['rate>0.99'] },
}

export function setup() {
  const indexes = Array.from({ length: STORES }, (_, index) => index)
  callAll(
    indexes.map((index) => ['POST', nodeAt(index), storeAt(index), 'store/close/']),
    [200, 409],
  )
  callAll(indexes.map((index) => ['POST', nodeAt(index), storeAt(index), 'store/message/', { content: 'Hello?' }]))
}

const isOver = () => now() > SECONDS * 1000

/**
 * Repeats an operation with pauses until the day is over.
 * @param {number} pauseMs
 * @param {(turn: number) => unknown} act
 */
async function repeat(pauseMs, act) {
  for (let turn = 0; !isOver(); turn++) {
    await act(turn)
    await pause(pauseMs * (0.5 + Math.random()))
  }
}

/** @param {import('k6/http').Response} answer @param {string} what @param {number[]} statuses */
const expect = (answer, what, statuses = [200]) =>
  check(answer, { [`${what} is answered`]: ({ status }) => statuses.includes(status) })

/**
 * Opens a socket of an account, which reconnects and resumes when it is cut.
 * @param {'store' | 'admin'} side
 * @param {number} index
 */
function enter(side, index) {
  const account = side === 'store' ? storeAt(index) : adminAt(index)
  /** @type {Record<string, number>} */
  const seqs = {}
  let socket = connect()

  function connect() {
    const opened = openSocket(side, socketNodeAt(index), account, {
      ready: () => void (Object.keys(seqs).length > 0 && opened.send('resume', { sessions: seqs })),
      message({ message, seq }) {
        // An admin receives messages of far more sessions than it works on.
        if (side === 'store') seqs[message.session_id] = seq
      },
      async closed() {
        await pause(500 + Math.random() * 1000)
        if (!isOver()) socket = connect()
      },
    })
    return opened
  }
  return {
    /** @param {string} type @param {object} payload */
    send: (type, payload) => socket.send(type, payload),
    close: () => socket.close(),
  }
}

export async function stores() {
  const entered = share(STORES, STORE_VUS, exec.scenario.iterationInTest).map((index) => enter('store', index))
  await repeat((10 * PAUSE_MS) / entered.length, async (turn) => {
    const socket = entered[turn % entered.length]
    socket?.send('typing', { is_typing: true })
    socket?.send('message', { content: `Where is parcel ${100_000 + turn}?` })
  })
  for (const socket of entered) socket.close()
}

export async function admin() {
  const index = exec.scenario.iterationInTest
  const account = adminAt(index)
  const socket = enter('admin', index)
  /** @param {'GET' | 'POST'} method @param {string} path @param {object} [body] @param {number[]} [statuses] */
  const act = async (method, path, body, statuses) => {
    const answer = await call(method, nodeAt(index), account, path, body)
    expect(answer, path.replace(/\?.*/, ''), statuses)
    await pause(PAUSE_MS * (0.5 + Math.random()))
    return answer
  }
  await repeat(PAUSE_MS, async () => {
    const list = bodyOf(await act('GET', 'admin/sessions/open/?limit=20'))
    const session_id = list?.data[Math.floor(Math.random() * list.data.length)]?.id
    if (session_id === undefined) return
    const { status } = await act('POST', 'admin/session/claim/', { session_id }, [200, 409])
    if (status !== 200) return
    await act('GET', 'admin/search/?q=parcel&limit=20', undefined, [200, 503])
    await act('POST', 'admin/message/', { session_id, content: 'It is on its way.' })
    if (index === 0) await act('GET', 'admin/reports/?timezone=UTC&group=day', undefined, [200, 403, 503])
    await act('POST', 'admin/close/', { session_id })
  })
  socket.close()
}

export async function uploads() {
  const index = exec.scenario.iterationInTest
  const { token } = storeAt(index)
  await repeat(PAUSE_MS, async (turn) => {
    // Some are refused for their type.
    const name = turn % 10 === 9 ? 'order.exe' : 'order.csv'
    const form = { file: http.file(FILE, name, 'text/csv') }
    const headers = { authorization: `Token ${token}` }
    const tags = { name: 'upload/' }
    const answer = await http.asyncRequest('POST', `${nodeAt(index)}/v1/chat/upload/`, form, { headers, tags })
    expect(answer, 'an upload', name.endsWith('.csv') ? [200] : [415])
  })
}

/** Sends JWTs with an unknown key, and unknown tokens. */
export async function strangers() {
  const text = (/** @type {object} */ part) => encoding.b64encode(JSON.stringify(part), 'rawurl')
  const jwt = `${text({ alg: 'ES256', kid: 'unknown' })}.${text({ sub: 'store:1' })}.${text({})}`
  await repeat(PAUSE_MS, async (turn) => {
    const account = { id: 0, token: turn % 2 === 0 ? jwt : 'nobody' }
    expect(await call('GET', nodeAt(turn), account, 'store/session/'), 'a stranger', [401])
  })
}

/** Cuts all sockets in the middle of the day. */
export async function cut() {
  if (!FAULTS_URL) return
  await pause((SECONDS * 1000) / 2)
  await http.asyncRequest('POST', `${FAULTS_URL}/network`)
}
