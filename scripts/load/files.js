/**
 * Uploads and downloads beside the conversation of `conversation.js`, on the same nodes: other stores upload a file and
 * download it again, one after the other. Measures its effect on the times of the conversation, whose thresholds all
 * apply here, too, and checks that every file comes back unchanged.
 *
 *     npm run load -- files
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/files.js
 *
 * Sizes: `UPLOADERS`, `FILE_KB`, `FILES` (of each uploader; an account may upload 500 a day), `FILE_P95_MS` (threshold
 * of an upload and of a download), and those of `conversation`. Several nodes need a shared folder or bucket.
 */
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import { options as conversation } from './conversation.js'
import { nodeAt, now, readCount, storeAt } from './settings.js'

export { admin, setup, store } from './conversation.js'

const UPLOADERS = readCount('UPLOADERS', 8)
const FILE_KB = readCount('FILE_KB', 512)
const FILES = readCount('FILES', 20)
const FILE_P95_MS = readCount('FILE_P95_MS', 2000)
/** The first stores are those of the conversation. */
const FIRST_UPLOADER = readCount('STORES', 40)
const DEADLINE = '60s'

const uploadMs = new Trend('upload_ms', true)
const downloadMs = new Trend('download_ms', true)
const whole = new Counter('whole_files')
const failed = new Counter('failed_files')

const LINE = 'order;4711;on its way\n'
const content = LINE.repeat(Math.ceil((FILE_KB * 1024) / LINE.length))

export const options = {
  ...conversation,
  scenarios: {
    ...conversation.scenarios,
    files: {
      executor: 'per-vu-iterations',
      exec: 'exchangeFiles',
      vus: UPLOADERS,
      iterations: FILES,
      maxDuration: '10m',
    },
  },
  thresholds: {
    ...conversation.thresholds,
    whole_files: [`count==${UPLOADERS * FILES}`],
    failed_files: ['count==0'],
    upload_ms: [`p(95)<${FILE_P95_MS}`],
    download_ms: [`p(95)<${FILE_P95_MS}`],
  },
}

/**
 * Uploads a file, and downloads it from the other node. No message names the file, because every admin would be told of
 * it. The service deletes the file after a day.
 */
export async function exchangeFiles() {
  const index = exec.scenario.iterationInTest % UPLOADERS
  const account = storeAt(FIRST_UPLOADER + index)
  const startedAt = now()
  const answer = await http.asyncRequest(
    'POST',
    `${nodeAt(index)}/v1/chat/upload/`,
    { file: http.file(content, `${exec.scenario.iterationInTest}.csv`, 'text/csv') },
    { headers: { authorization: `Token ${account.token}` }, tags: { name: 'upload/' }, timeout: DEADLINE },
  )
  if (answer.status !== 200) return fail('An upload', answer)
  uploadMs.add(now() - startedAt)
  const { url } = JSON.parse(String(answer.body))
  const path = url.replace(/^https?:\/\/[^/]+/, '')
  const requestedAt = now()
  // The URL is that of the node that received the file; the other node serves it as well.
  const file = await http.asyncRequest('GET', `${nodeAt(index + 1)}${path}`, null, {
    tags: { name: 'files/' },
    timeout: DEADLINE,
  })
  if (file.status !== 200 || file.body !== content) return fail('A download', file)
  downloadMs.add(now() - requestedAt)
  whole.add(1)
}

/**
 * @param {string} what
 * @param {import('k6/http').Response} answer
 */
function fail(what, { status, body }) {
  failed.add(1)
  console.warn(`${what} was answered with ${status}: ${String(body).slice(0, 200)}`)
}
