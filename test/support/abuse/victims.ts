import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestAccount } from '../chat/accounts.js'

const REQUESTS_PER_SECOND = 40
const HEALTH_EVERY_MS = 100
const MEMORY_EVERY_MS = 200
/** A request without an answer in this time counts as failed. */
const PATIENCE_MS = 20_000

interface Sample {
  plannedAt: number
  tookMs: number
  isOk: boolean
}

export interface Latencies {
  count: number
  p50: number
  p99: number
  /** Requests that were not answered with 200. */
  failed: number
}

/** Well-behaved clients, and how the nodes serve them. */
export interface Victims {
  /** Results of the requests that were due in a period. Waits for their answers. */
  latencies(from: number, to: number): Promise<Latencies>
  /** The slowest answer of `/health/live/` in a period. */
  longestHealth(from: number, to: number): Promise<number>
  /** The highest memory use of a node in a period, in bytes. */
  peakMemory(from: number, to: number): number
  stop(): Promise<void>
}

interface Node {
  origin: string
  pid: number
}

/**
 * Stores that read their session and write to it, in turn on all nodes, at a steady rate. The time of a request starts when
 * it was due, so that a node that stalls for a second slows all requests of that second.
 */
export function startVictims(nodes: Node[], stores: TestAccount[], perSecond = REQUESTS_PER_SECOND): Victims {
  const requests: Sample[] = []
  const healths: Sample[] = []
  const memory: { at: number; bytes: number }[] = []
  const underWay = new Set<Promise<void>>()
  let isStopped = false

  function ask(samples: Sample[], plannedAt: number, url: string, init: RequestInit = {}): void {
    const asking = fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) })
      .then(async (answer) => {
        await answer.arrayBuffer()
        return answer.status === 200
      })
      .catch(() => false)
      .then((isOk) => void samples.push({ plannedAt, tookMs: Date.now() - plannedAt, isOk }))
      .finally(() => underWay.delete(asking))
    underWay.add(asking)
  }

  async function repeat(intervalMs: number, act: (plannedAt: number, turn: number) => unknown): Promise<void> {
    const startedAt = Date.now()
    for (let turn = 0; !isStopped; turn++) {
      const plannedAt = startedAt + turn * intervalMs
      if (plannedAt > Date.now()) await delay(plannedAt - Date.now())
      await act(plannedAt, turn)
    }
  }

  const loops = [
    repeat(1000 / perSecond, (plannedAt, turn) => {
      const { origin } = nodes[turn % nodes.length] ?? { origin: '' }
      const store = stores[Math.floor(turn / nodes.length) % stores.length]
      const authorization = `Token ${store?.token}`
      // One request in four writes.
      if (Math.floor(turn / nodes.length) % 4 !== 0) {
        ask(requests, plannedAt, `${origin}/v1/chat/store/session/`, { headers: { authorization } })
      } else {
        const headers = { authorization, 'content-type': 'application/json' }
        const body = JSON.stringify({ content: `honest ${turn}` })
        ask(requests, plannedAt, `${origin}/v1/chat/store/message/`, { method: 'POST', headers, body })
      }
    }),
    repeat(HEALTH_EVERY_MS, (plannedAt) => {
      for (const { origin } of nodes) ask(healths, plannedAt, `${origin}/health/live/`)
    }),
    repeat(MEMORY_EVERY_MS, async (at) => void memory.push({ at, bytes: await residentBytes(nodes) })),
  ]

  const within = async (samples: Sample[], from: number, to: number) => {
    await Promise.all(underWay)
    return samples.filter(({ plannedAt }) => plannedAt >= from && plannedAt < to)
  }

  return {
    async latencies(from, to) {
      const samples = await within(requests, from, to)
      const times = samples.map(({ tookMs }) => tookMs).sort((one, other) => one - other)
      const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Infinity
      const failed = samples.filter(({ isOk }) => !isOk).length
      return { count: times.length, p50: at(0.5), p99: at(0.99), failed }
    },
    longestHealth: async (from, to) =>
      Math.max(0, ...(await within(healths, from, to)).map(({ tookMs, isOk }) => (isOk ? tookMs : Infinity))),
    peakMemory: (from, to) =>
      Math.max(0, ...memory.filter(({ at }) => at >= from && at < to).map(({ bytes }) => bytes)),
    async stop() {
      isStopped = true
      await Promise.all([...loops, ...underWay])
    },
  }
}

/** Resident memory of the larger node. */
export async function residentBytes(nodes: Node[]): Promise<number> {
  const sizes = await Promise.all(
    nodes.map(async ({ pid }) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
    }),
  )
  return Math.max(...sizes)
}
