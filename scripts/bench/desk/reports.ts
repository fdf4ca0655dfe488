import { until } from '../../../harness/until.js'
import { compete } from '../rounds.js'
import { adminToken } from '../seed.js'
import type { Server } from '../services.js'
import type { YearSize } from './seed-year.js'

const ROUNDS = 3
const PREPARATION_MS = 60_000
const YEAR_MS = 365 * 86_400_000

/** Measures how long a supervisor waits for each report of a year. */
export async function compareReports(server: Server, { admins, sessions }: YearSize): Promise<string> {
  const token = adminToken(admins)
  await until(() => measureReport(server, token, 'day', sessions), PREPARATION_MS, 'the reports are prepared')
  const contestants = ['day', 'hour', 'admin', 'tag'].map((group) => ({
    name: `by ${group}`,
    measure: async () => ({ s: await measureReport(server, token, group, sessions) }),
  }))
  return compete(`Report of a year of ${sessions} sessions`, contestants, ROUNDS)
}

async function measureReport({ origin }: Server, token: string, group: string, sessions: number): Promise<number> {
  const to = Date.now()
  const [from, end] = [to - YEAR_MS, to].map((time) => new Date(time).toISOString())
  const query = new URLSearchParams({ group, from: from ?? '', to: end ?? '', timezone: 'Europe/Berlin' })
  const startedAt = performance.now()
  const response = await fetch(`${origin}/v1/chat/admin/reports/?${query.toString()}`, {
    headers: { authorization: `Token ${token}` },
  })
  const body = await response.text()
  const seconds = (performance.now() - startedAt) / 1000
  if (!response.ok) throw new Error(`Report by ${group}: ${response.status} ${body}`)
  const { total } = JSON.parse(body) as { total: { sessions: number } }
  if (total.sessions !== sessions) throw new Error(`Report by ${group}: ${total.sessions} sessions`)
  return seconds
}
