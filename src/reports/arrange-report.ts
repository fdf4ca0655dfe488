import type { GroupedReportRow, ReportGroup, ReportRow } from '../protocol/schemas/reports.js'
import { createLocalClock } from '../times/timezone.js'
import { createRow, type ReportQuery } from './report.js'

const DAY_MS = 86_400_000
/** No day is shorter, wherever a clock is set back or forward. */
const SHORTEST_DAY_MS = 20 * 3_600_000

/**
 * Arranges the groups of a report: days and hours in their order, with those that have no session; admins and tags by the
 * number of their sessions. `names`: those of the admins by id.
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

/** The days of a time, as a clock in the time zone shows them. */
export function listDays({ from, to, timezone }: Pick<ReportQuery, 'from' | 'to' | 'timezone'>): string[] {
  const showTime = createLocalClock(timezone)
  const days = new Set<string>()
  const last = to.getTime() - 1
  for (let at = from.getTime(); at < last; at += SHORTEST_DAY_MS) days.add(showTime(at).slice(0, 10))
  if (last >= from.getTime()) days.add(showTime(last).slice(0, 10))
  return [...days]
}

/** The time that a report is of when it is not said: the last thirty days. */
export const DEFAULT_TIME_MS = 30 * DAY_MS
/** A leap year and a day, for a year in any time zone. */
export const LONGEST_TIME_MS = 367 * DAY_MS
