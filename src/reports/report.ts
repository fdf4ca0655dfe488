import { defineColumns } from '../database/columns.js'
import { readText, type ReadPool } from '../database/database.js'
import { isInvalidParameter, isStatementTimeout } from '../database/failures.js'
import type { ReplicaReader } from '../database/replicas/replicas.js'
import { epochMs } from '../database/sql.js'
import { unavailable } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import type { ReportGroup, ReportRow } from '../protocol/schemas/reports.js'
import { unknownTimezone } from '../times/timezone.js'

/** Which sessions a report covers: those created in a period, optionally only those of an admin or with a tag. */
export interface ReportQuery {
  from: Date
  to: Date
  timezone: string
  group: ReportGroup
  adminId?: number
  tag?: string
}

export interface Report {
  total: ReportRow
  /** Groups by key. A session with several tags counts for each of them. */
  groups: Map<string, ReportRow>
}

/** The median and the 90th percentile of durations in seconds. Both are durations that occurred. Null without any. */
type Quantiles = [p50: number, p90: number] | null

interface CountRow {
  key: string | null
  sessions: number
  claimed: number
  claimedAfter: Quantiles
  answered: number
  answeredAfter: Quantiles
  closed: number
  closedAfter: Quantiles
}

const quantiles = (column: string) => `to_json(percentile_disc(array[0.5, 0.9]) within group (order by ${column}))`
const countExpressions = {
  key: 'c.key',
  sessions: 'c.sessions',
  claimed: 'c.claimed',
  claimedAfter: 'c.claimed_after',
  answered: 'c.answered',
  answeredAfter: 'c.answered_after',
  closed: 'c.closed',
  closedAfter: 'c.closed_after',
}
const countColumns = defineColumns<CountRow>(countExpressions)
const counts = Prisma.raw(`count(*) as sessions,
  count(claimed_after) as claimed, ${quantiles('claimed_after')} as claimed_after,
  count(answered_after) as answered, ${quantiles('answered_after')} as answered_after,
  count(closed_after) as closed, ${quantiles('closed_after')} as closed_after`)

interface ScoreRow {
  key: string | null
  score: number
  count: number
}
const scoreColumns = defineColumns<ScoreRow>({ key: 'c.key', score: 'c.score', count: 'c.count' })

/** The databases that reports are read from. */
export interface ReportSource {
  /** The primary, through a small pool with its own statement timeout. */
  reading: ReadPool
  /** Undefined without replicas. */
  replicas: ReplicaReader | undefined
}

/**
 * Counts the sessions of a period, in total and in groups. The numbers lag some seconds behind.
 * @throws RequestError 400 the database does not know the time zone · 503 the report takes too long
 */
export async function readReport({ reading, replicas }: ReportSource, query: ReportQuery): Promise<Report> {
  const readHere = () => readCounts(reading, query)
  try {
    if (replicas === undefined) return await readHere()
    const turn = Prisma.sql`
      select ${Prisma.raw(`${replicas.lineage} || '.' || ${epochMs('next_at')}`)}
      from event_cursor where consumer = 'reports'`
    const newest = await readText(reading, turn)
    // A replica that has replayed the newest turn lags behind by at most the pause between two turns.
    const readThere = async (db: ReadPool) =>
      (await readText(db, turn)) === newest ? readCounts(db, query) : undefined
    return await replicas.read(readThere, readHere)
  } catch (error) {
    if (isInvalidParameter(error)) throw unknownTimezone()
    if (isStatementTimeout(error)) throw unavailable('The report takes too long. Ask for a shorter period')
    throw error
  }
}

async function readCounts(db: ReadPool, query: ReportQuery): Promise<Report> {
  const total = { key: Prisma.sql`null::text`, join: Prisma.empty }
  const grouped = groupings[query.group](query.timezone)
  const report: Report = { total: createRow(), groups: new Map() }
  const rowOf = (key: string | null) => {
    if (key === null) return report.total
    const row = report.groups.get(key) ?? createRow()
    report.groups.set(key, row)
    return row
  }
  await Promise.all(
    [total, grouped].map(async (grouping) => {
      for (const row of await countColumns.read(db, selectCounts(query, grouping))) addCounts(rowOf(row.key), row)
      for (const row of await scoreColumns.read(db, selectScores(query, grouping))) addScore(rowOf(row.key), row)
    }),
  )
  for (const { ratings } of [report.total, ...report.groups.values()]) setAverage(ratings)
  return report
}

/** SQL of a session's group, where `t` is the alias of chat_session_times, and the join that it needs. */
interface Grouping {
  key: Prisma.Sql
  join: Prisma.Sql
}
const groupings: Record<ReportGroup, (timezone: string) => Grouping> = {
  day: (timezone) => ({ key: Prisma.sql`(t.created at time zone ${timezone})::date`, join: Prisma.empty }),
  hour: (timezone) => ({
    key: Prisma.sql`extract(hour from t.created at time zone ${timezone})::int`,
    join: Prisma.empty,
  }),
  admin: () => ({ key: Prisma.sql`coalesce(t.admin_id, 0)`, join: Prisma.empty }),
  tag: () => ({
    key: Prisma.sql`tagged.tag`,
    join: Prisma.sql`join chat_session_tag tagged on tagged.session_id = t.session_id`,
  }),
}

/** SQL of the sessions that a report covers, beginning with `from`. */
const fromTimes = ({ from, to, adminId, tag }: ReportQuery, join: Prisma.Sql) => Prisma.sql`
  from chat_session_times t ${join} where t.created >= ${from} and t.created < ${to}
  ${adminId === undefined ? Prisma.empty : Prisma.sql`and t.admin_id = ${adminId}`}
  ${
    tag === undefined
      ? Prisma.empty
      : Prisma.sql`and exists (select from chat_session_tag where session_id = t.session_id and tag = ${tag})`
  }`

const selectCounts = (query: ReportQuery, { key, join }: Grouping) => Prisma.sql`
  ${countColumns.select} from (
    select key::text, ${counts} from (
      select ${key} as key, t.claimed_after, t.answered_after, t.closed_after ${fromTimes(query, join)}
    ) each group by key
  ) c`

const selectScores = (query: ReportQuery, { key, join }: Grouping) => Prisma.sql`
  ${scoreColumns.select} from (
    select key::text, score, count(*) from (
      select ${key} as key, rating.score ${fromTimes(query, Prisma.sql`join chat_rating rating on rating.session_id = t.session_id ${join}`)}
    ) each group by key, score
  ) c`

export const createRow = (): ReportRow => ({
  sessions: 0,
  closed: 0,
  waiting_until_claimed: { p50: null, p90: null, count: 0 },
  waiting_until_answered: { p50: null, p90: null, count: 0 },
  duration: { p50: null, p90: null, count: 0 },
  ratings: { count: 0, average: null, '1': 0, '2': 0, '3': 0, '4': 0, '5': 0 },
})

function addCounts(row: ReportRow, counted: CountRow): void {
  const describe = (count: number, found: Quantiles) => ({ p50: found?.[0] ?? null, p90: found?.[1] ?? null, count })
  row.sessions = counted.sessions
  row.closed = counted.closed
  row.waiting_until_claimed = describe(counted.claimed, counted.claimedAfter)
  row.waiting_until_answered = describe(counted.answered, counted.answeredAfter)
  row.duration = describe(counted.closed, counted.closedAfter)
}

function addScore({ ratings }: ReportRow, { score, count }: ScoreRow): void {
  ratings[String(score) as '1'] = count
  ratings.count += count
}

function setAverage(ratings: ReportRow['ratings']): void {
  if (ratings.count === 0) return
  const sum = (['1', '2', '3', '4', '5'] as const).reduce((sum, score) => sum + Number(score) * ratings[score], 0)
  ratings.average = Math.round((sum / ratings.count) * 100) / 100
}
