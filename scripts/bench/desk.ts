import { compareReports } from './desk/reports.js'
import { measureSearch } from './desk/search.js'
import { seedMessages } from './desk/seed-messages.js'
import { seedYear } from './desk/seed-year.js'
import { compareSends } from './desk/sends.js'
import { compareTranscripts } from './desk/transcripts.js'
import { product, type Services } from './services.js'

const MESSAGES = 5_000_000
const SESSIONS = 250_000
const HISTORY = { stores: 100_000, admins: 51, sessions: SESSIONS, messagesEach: MESSAGES / SESSIONS }
const YEAR = { stores: 100_000, admins: 51, sessions: 1_000_000, longest: 100_000 }

/** Measures what depends on a large history: searches, sends while the search is filled, reports, and transcripts. */
export async function measureDesk(services: Services): Promise<string> {
  const { databaseUrl } = services
  const yearUrl = await services.createDatabase('year')
  // Most of the time each runs a single statement, so each has a processor of its own.
  await Promise.all([
    timed(`seeding ${MESSAGES} messages`, () => seedMessages(databaseUrl, HISTORY)),
    timed(`seeding ${YEAR.sessions} sessions`, () => seedYear(yearUrl, YEAR)),
  ])
  return [await measureHistory(services), await measureYear(services, yearUrl)].join('\n')
}

async function measureHistory({ databaseUrl, redisUrl, startServer }: Services): Promise<string> {
  const server = await startServer(product, { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl })
  // The searches come first, because sends add to what is searched.
  const tables = [await measureSearch(server, HISTORY), await compareSends(server, databaseUrl, MESSAGES)]
  await server.stop()
  return tables.join('\n')
}

async function measureYear(services: Services, databaseUrl: string): Promise<string> {
  const server = await services.startServer(product, { DATABASE_URL: databaseUrl, REDIS_URL: services.redisUrl })
  const reports = await compareReports(server, YEAR)
  await server.stop()
  return [reports, await compareTranscripts(services, databaseUrl, YEAR)].join('\n')
}

async function timed(name: string, act: () => Promise<void>): Promise<void> {
  const startedAt = performance.now()
  await act()
  console.log(`  ${name}: ${Math.round((performance.now() - startedAt) / 1000)} s`)
}
