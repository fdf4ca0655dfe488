import { until } from '../../../harness/until.js'
import { adminToken } from '../seed.js'
import type { Server } from '../services.js'
import type { Size } from './seed-messages.js'
import { createQuestions } from './texts.js'

const ROUNDS = 100
const WARM_UP_ROUNDS = 5
const PREPARATION_MS = 60_000

/** How long a search took, and how many messages its first page has. */
interface Answer {
  ms: number
  found: number
}

/**
 * Searches for each kind of question in turn, one at a time, as an agent and as a supervisor. Returns a Markdown table.
 */
export async function measureSearch(server: Server, { admins, sessions, messagesEach }: Size): Promise<string> {
  const askers = { agent: adminToken(1), supervisor: adminToken(admins) }
  const cells = Object.entries(createQuestions(sessions)).flatMap(([kind, compose]) =>
    Object.entries(askers).map(([role, token]) => ({ kind, role, token, compose, answers: [] as Answer[] })),
  )
  await until(() => ask(server, askers.supervisor, 'parcel'), PREPARATION_MS, 'the search is prepared')
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const { token, compose, answers } of cells) {
      const answer = await ask(server, token, compose())
      if (round >= 0) answers.push(answer)
    }
  }
  const rows = cells.map(({ kind, role, answers }) => `| ${[kind, role, ...describe(answers)].join(' | ')} |`)
  return [
    `### Search in ${sessions * messagesEach} messages, over HTTP, one question at a time`,
    '',
    '| | asked by | ms (p50) | ms (p95) | found for the first page, on average |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

async function ask({ origin }: Server, token: string, q: string): Promise<Answer> {
  const startedAt = performance.now()
  const url = `${origin}/v1/chat/admin/search/?${new URLSearchParams({ q }).toString()}`
  const response = await fetch(url, { headers: { authorization: `Token ${token}` } })
  const body = await response.text()
  const ms = performance.now() - startedAt
  if (!response.ok) throw new Error(`Search for ${q}: ${response.status} ${body}`)
  return { ms, found: (JSON.parse(body) as { data: unknown[] }).data.length }
}

function describe(answers: Answer[]): string[] {
  const times = answers.map(({ ms }) => ms).toSorted((one, other) => one - other)
  const quantile = (part: number) => times[Math.floor(part * (times.length - 1))] ?? NaN
  const found = answers.reduce((sum, answer) => sum + answer.found, 0) / answers.length
  return [quantile(0.5), quantile(0.95), found].map((value) => value.toFixed(1))
}
