import type { ReportQuery, ReportRow } from '../../../client/index.js'
import { formatNumber, formatShortDay } from '../../languages/formats.js'
import { translate } from '../../languages/translate.js'
import { startOfDay } from '../../text/clock.js'

/** The key of sessions that no admin has held. */
const NOBODY = 'none'

export type Group = NonNullable<ReportQuery['group']>

export type NamedRow = ReportRow & { key: string; name: string }

/** A value that a chart shows per row; null for a row without data. */
export interface Measure {
  name: 'reports.sessions' | 'reports.waiting' | 'reports.answered' | 'reports.duration' | 'reports.rating'
  valueOf(row: ReportRow): number | null
  /** A second, larger value drawn behind the first, such as the 90th percentile. */
  secondOf?(row: ReportRow): number | null
  format(value: number): string
}

export const measures: readonly Measure[] = [
  { name: 'reports.sessions', valueOf: ({ sessions }) => sessions, format: formatNumber },
  {
    name: 'reports.waiting',
    valueOf: (row) => row.waiting_until_claimed.p50,
    secondOf: (row) => row.waiting_until_claimed.p90,
    format: formatSeconds,
  },
  {
    name: 'reports.answered',
    valueOf: (row) => row.waiting_until_answered.p50,
    secondOf: (row) => row.waiting_until_answered.p90,
    format: formatSeconds,
  },
  {
    name: 'reports.duration',
    valueOf: (row) => row.duration.p50,
    secondOf: (row) => row.duration.p90,
    format: formatSeconds,
  },
  { name: 'reports.rating', valueOf: ({ ratings }) => ratings.average, format: formatRating },
]

export function formatRating(average: number): string {
  return formatNumber(Math.round(average * 10) / 10)
}

/** Formats minutes as "2:05", and hours as "1:02:05". */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds)
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const [hours = 0, ...rest] = parts
  const shown = hours > 0 ? [hours, ...rest] : rest
  return shown.map((part, place) => (place === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** The last `days` days in the user's time zone, up to the end of today. */
export function readRange(days: number): { from: string; to: string } {
  const to = new Date(startOfDay(new Date()))
  to.setDate(to.getDate() + 1)
  const from = new Date(to)
  from.setDate(from.getDate() - days)
  return { from: from.toISOString(), to: to.toISOString() }
}

/** The label of a row: a day, an admin or another group. */
export function nameGroup({ key, name }: { key: string; name?: string }, group: Group): string {
  if (group === 'admin' && key === NOBODY) return translate('reports.nobody')
  if (group !== 'day') return name ?? key
  const day = new Date(`${key}T00:00:00`)
  return Number.isNaN(day.getTime()) ? key : formatShortDay(day, day.getFullYear() !== new Date().getFullYear())
}
