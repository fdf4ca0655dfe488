import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Agent, request as sendRequest } from 'node:http'
import { once } from 'node:events'
import { buffer as readToEnd } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { addStore, type TestAccount } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { startServer } from '../support/nodes/server-process.js'
import { createTempFolder } from '../support/temp-folder.js'
import type { UploadSpec } from '../support/files/uploader.js'

const UPLOADS = 100
const STORES = 25
const QUIET_MS = 5000
const MOST_RSS_BYTES = 64 * 1024 * 1024

const readRss = async (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

/** Asks for a session again and again, until told to stop, and returns how long the answers took. */
async function watchStore(origin: string, { token }: TestAccount, isOver: () => boolean): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  while (!isOver()) {
    const startedAt = performance.now()
    const request = sendRequest(`${origin}/v1/chat/store/session/`, {
      agent,
      headers: { authorization: `Token ${token}` },
    })
    request.end()
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
    await readToEnd(response)
    times.push(performance.now() - startedAt)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  agent.destroy()
  return times.sort((one, other) => one - other)
}

const percentile = (sorted: number[], part: number) => sorted[Math.floor(sorted.length * part)] ?? NaN

const program = fileURLToPath(new URL('../support/files/uploader.js', import.meta.url))

/** Uploads from a process of its own, with the lowest priority: what it burns itself is no harm that the node does. */
async function uploadAll(spec: UploadSpec): Promise<number[]> {
  const { PATH = '' } = process.env
  const { stdout } = await promisify(execFile)('nice', ['-n', '19', process.execPath, program, JSON.stringify(spec)], {
    env: { PATH },
  })
  return JSON.parse(stdout) as number[]
}

t.test('100 uploads of 20 MiB at once cost no memory worth mentioning, and others hardly notice', async (t) => {
  const database = await createDatabase(t)
  const server = startServer(t, {
    DATABASE_URL: database.url,
    FILES_DIR: await createTempFolder(t),
    UPLOAD_BYTES_PER_DAY: '0',
    LIMIT_REQUESTS_PER_SECOND: '0',
  })
  const { origin } = await server.ready()
  const [other, ...stores] = await Promise.all(Array.from({ length: STORES + 1 }, () => addStore(database)))
  const storeAt = (index: number): TestAccount => {
    const store = stores[index % STORES]
    if (store === undefined) throw new Error('There are stores')
    return store
  }
  if (other === undefined) throw new Error('There is a store')
  const uploads = (count: number) =>
    uploadAll({ origin, tokens: Array.from({ length: count }, (_, at) => storeAt(at).token) })

  // What is loaded with the first upload is not memory of uploads.
  await uploads(1)
  const quietUntil = Date.now() + QUIET_MS
  const quiet = await watchStore(origin, other, () => Date.now() > quietUntil)
  const rssBefore = await readRss(server.pid)

  let isOver = false
  let mostRss = 0
  const watching = watchStore(origin, other, () => isOver)
  const sampler = setInterval(() => void readRss(server.pid).then((rss) => (mostRss = Math.max(mostRss, rss))), 50)
  const startedAt = Date.now()
  const statuses = await uploads(UPLOADS)
  const seconds = (Date.now() - startedAt) / 1000
  isOver = true
  clearInterval(sampler)
  const busy = await watching
  t.same([...new Set(statuses)], [200])
  t.equal(statuses.length, UPLOADS)
  const addedMb = (mostRss - rssBefore) / 1024 / 1024
  const figures = {
    quietP50: percentile(quiet, 0.5),
    quietP99: percentile(quiet, 0.99),
    busyP50: percentile(busy, 0.5),
  }
  console.table({ ...figures, busyP99: percentile(busy, 0.99), requests: busy.length, addedMb, seconds })
  t.ok(mostRss - rssBefore <= MOST_RSS_BYTES, `${addedMb.toFixed(1)} MB were added`)
})
