import { readFileSync } from 'node:fs'
import { compete } from '../rounds.js'
import { adminToken } from '../seed.js'
import { product, type Server, type Services } from '../services.js'
import type { YearSize } from './seed-year.js'

const ROUNDS = 3
const SAMPLE_MS = 20
/** The text of a message alone. */
const MIN_MESSAGE_BYTES = 100

/** Measures downloads of a long session, and how much the memory of a fresh node grows meanwhile. */
export function compareTranscripts(
  services: Services,
  databaseUrl: string,
  { admins, sessions, longest }: YearSize,
): Promise<string> {
  const contestants = ['txt', 'json', 'csv'].map((format) => ({
    name: format,
    async measure() {
      const environment = { DATABASE_URL: databaseUrl, REDIS_URL: services.redisUrl }
      const server = await services.startServer(product, environment)
      const download = (id: number) => downloadTranscript(server, adminToken(admins), id, format)
      // A first download makes the node load the code and allocate what every download needs.
      await download(1)
      const measured = await measureGrowth(server, async () => {
        const bytes = await download(sessions + 1)
        if (bytes < longest * MIN_MESSAGE_BYTES) throw new Error(`Transcript as ${format}: ${bytes} bytes`)
      })
      await server.stop()
      return measured
    },
  }))
  return compete(`Transcript of ${longest} messages, each from a fresh node`, contestants, ROUNDS)
}

async function measureGrowth({ pid }: Server, act: () => Promise<void>): Promise<Record<string, number>> {
  const before = readResidentBytes(pid)
  let peak = before
  const sample = () => (peak = Math.max(peak, readResidentBytes(pid)))
  const timer = setInterval(sample, SAMPLE_MS)
  const startedAt = performance.now()
  await act().finally(() => clearInterval(timer))
  const seconds = (performance.now() - startedAt) / 1000
  sample()
  return { s: seconds, 'MB that the node grows by': (peak - before) / 2 ** 20 }
}

/** Downloads a transcript without keeping it. Returns its length. */
async function downloadTranscript({ origin }: Server, token: string, id: number, format: string): Promise<number> {
  const url = `${origin}/v1/chat/admin/transcript/?session_id=${id}&format=${format}&timezone=Europe/Berlin`
  const response = await fetch(url, { headers: { authorization: `Token ${token}` } })
  if (!response.ok || response.body === null) throw new Error(`Transcript as ${format}: ${response.status}`)
  let bytes = 0
  for await (const chunk of response.body) bytes += (chunk as Uint8Array).length
  return bytes
}

/** Reads the resident memory of a process, from `proc_pid_status(5)`. */
function readResidentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
