/**
 * Uploads and downloads beside the conversation of `conversation.js`, on the same nodes: other stores upload a file and
 * download it again, one after the other. Shows what that does to the times of the conversation, all of whose thresholds hold
 * here, too, and that every file comes back whole.
 *
 *     npm run load -- files
 *     k6 run -e NODES=http://127.0.0.1:8000,http://127.0.0.1:8001 -e ACCOUNTS=/path/to/accounts.json scripts/load/files.js
 *
 * Larger by `UPLOADERS`, `FILE_KB`, `FILES` (of each uploader; an account may upload 500 a day), `FILE_P95_MS` (what an upload
 * and a download may take), and by what makes `conversation` larger. Several nodes need a folder or a bucket that they share.
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
 * One file: up, and down again from the other node. No message names it, of which every admin would hear: the service deletes
 * it after a day.
 */
export async function exchangeFiles() {
  const place = exec.scenario.iterationInTest % UPLOADERS
  const account = storeAt(FIRST_UPLOADER + place)
  const begun = now()
  const answer = await http.asyncRequest(
    'POST',
    `${nodeAt(place)}/v1/chat/upload/`,
    { file: http.file(content, `${exec.scenario.iterationInTest}.csv`, 'text/csv') },
    { headers: { authorization: `Token ${account.token}` }, tags: { name: 'upload/' }, timeout: DEADLINE },
  )
  if (answer.status !== 200) return fail('An upload', answer)
  uploadMs.add(now() - begun)
  const { url } = JSON.parse(String(answer.body))
  const path = url.replace(/^https?:\/\/[^/]+/, '')
  const asked = now()
  // The address is that of the node that took the file, which another one serves as well.
  const file = await http.asyncRequest('GET', `${nodeAt(place + 1)}${path}`, null, {
    tags: { name: 'files/' },
    timeout: DEADLINE,
  })
  if (file.status !== 200 || file.body !== content) return fail('A download', file)
  downloadMs.add(now() - asked)
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
