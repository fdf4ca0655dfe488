import type { GroupedReportRow, ReportGroup, ReportRow } from '../protocol/schemas/reports.js'
import { createLocalClock } from '../times/timezone.js'
import { createRow, type ReportQuery } from './report.js'

const DAY_MS = 86_400_000
/** Shorter than any day, also when clocks change. */
const MIN_DAY_MS = 20 * 3_600_000

/**
 * Sorts the groups of a report. Days and hours are in their order, including those without sessions; admins and tags
 * are sorted by the number of their sessions. `names` contains the names of admins by id.
 */
export function arrangeGroups(
  query: ReportQuery,
  groups: Map<string, ReportRow>,
  names: Map<string, string>,
): GroupedReportRow[] {
  return arrangements[query.group](query, groups, names)
}

type Arrangement = (
  query: ReportQuery,
  groups: Map<string, ReportRow>,
  names: Map<string, string>,
) => GroupedReportRow[]

const arrangements: Record<ReportGroup, Arrangement> = {
  day: (query, groups) => listDays(query).map((key) => ({ key, ...(groups.get(key) ?? createRow()) })),
  hour: (_query, groups) =>
    Array.from({ length: 24 }, (_, hour) => ({ key: String(hour), ...(groups.get(String(hour)) ?? createRow()) })),
  admin: (_query, groups, names) =>
    bySessions(groups).map(([id, row]) => {
      const name = names.get(id)
      return { key: id === '0' ? 'none' : id, ...(name !== undefined && { name }), ...row }
    }),
  tag: (_query, groups) => bySessions(groups).map(([key, row]) => ({ key, ...row })),
}

const bySessions = (groups: Map<string, ReportRow>) =>
  [...groups].toSorted(
    ([oneKey, one], [otherKey, other]) => other.sessions - one.sessions || (oneKey < otherKey ? -1 : 1),
  )

/** Lists the days of a period in the time zone. */
export function listDays({ from, to, timezone }: Pick<ReportQuery, 'from' | 'to' | 'timezone'>): string[] {
  const showTime = createLocalClock(timezone)
  const days = new Set<string>()
  const last = to.getTime() - 1
  for (let at = from.getTime(); at < last; at += MIN_DAY_MS) days.add(showTime(at).slice(0, 10))
  if (last >= from.getTime()) days.add(showTime(last).slice(0, 10))
  return [...days]
}

/** Default period of a report: 30 days. */
export const DEFAULT_PERIOD_MS = 30 * DAY_MS
/** Maximum period: a leap year and a day, for a year in any time zone. */
export const MAX_PERIOD_MS = 367 * DAY_MS
