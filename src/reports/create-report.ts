import type { Database } from '../database/database.js'
import { normalizeTag } from '../desk/details/tags.js'
import { invalidInput, unavailable } from '../errors/request-error.js'
import type { FieldErrors } from '../protocol/schemas/error-body.js'
import type { Report, ReportGroup } from '../protocol/schemas/reports.js'
import { EARLIEST_MS, LATEST_MS, readMoment } from '../times/read-moment.js'
import { toUtc } from '../database/sql.js'
import { requireTimezone } from '../times/timezone.js'
import { arrangeGroups, DEFAULT_PERIOD_MS, MAX_PERIOD_MS } from './arrange-report.js'
import { readReport, type ReportQuery, type ReportSource } from './report.js'

export interface ReportInput {
  from?: string
  to?: string
  timezone: string
  group: ReportGroup
  admin_id?: number
  tag?: string
}

export interface ReportDeps {
  db: Database
  source: ReportSource
  /** @throws RequestError 503 while the times of earlier sessions are being derived */
  requireTimes: () => void
  /** Runs a report when fewer than the maximum run; undefined when too many wait. */
  runLimited: <T>(act: () => Promise<T>) => Promise<T> | undefined
}

/**
 * Creates a report.
 * @throws RequestError 400 an unknown time zone, or a period that is empty or too long · 503 too many reports at once,
 * or the report takes too long
 */
export async function createReport(deps: ReportDeps, input: ReportInput): Promise<Report> {
  const query = readQuery(input)
  deps.requireTimes()
  const running = deps.runLimited(() => readReport(deps.source, query))
  if (running === undefined) throw unavailable('Too many reports at once')
  const { total, groups } = await running
  const names = query.group === 'admin' ? await readNames(deps.db, [...groups.keys()]) : new Map<string, string>()
  return {
    from: query.from.toISOString(),
    to: query.to.toISOString(),
    timezone: query.timezone,
    total,
    data: arrangeGroups(query, groups, names),
  }
}

function readQuery({ timezone, group, admin_id, tag, ...input }: ReportInput): ReportQuery {
  requireTimezone(timezone)
  const to = input.to === undefined ? new Date() : readMoment('to', input.to)
  const from = input.from === undefined ? new Date(to.getTime() - DEFAULT_PERIOD_MS) : readMoment('from', input.from)
  const lengthMs = to.getTime() - from.getTime()
  if (lengthMs <= 0) throw invalidInput([explainEmpty(input)])
  if (lengthMs > MAX_PERIOD_MS) throw invalidInput([{ field: 'from', message: 'must be at most a year before `to`' }])
  return {
    ...{ from, to, timezone, group },
    ...(admin_id !== undefined && { adminId: admin_id }),
    ...(tag !== undefined && { tag: normalizeTag(tag) }),
  }
}

/** Why there is no time between the moments: one may be left out, or they lie beyond those that a report knows. */
function explainEmpty({ from = '', to }: Pick<ReportInput, 'from' | 'to'>): FieldErrors[number] {
  if (to === undefined) return { field: 'from', message: 'must be before now, or before `to`' }
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
  if (fromMs >= toMs) return { field: 'to', message: 'must be after `from`' }
  if (toMs <= EARLIEST_MS) return { field: 'to', message: `must be after ${toUtc(EARLIEST_MS)}` }
  return { field: 'from', message: `must be before ${toUtc(LATEST_MS)}` }
}

async function readNames(db: Database, ids: string[]): Promise<Map<string, string>> {
  const admins = await db.prisma.admin.findMany({
    where: { id: { in: ids.map(BigInt) } },
    select: { id: true, name: true },
  })
  return new Map(admins.map(({ id, name }) => [String(id), name]))
}
