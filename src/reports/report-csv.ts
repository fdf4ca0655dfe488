import { BYTE_ORDER_MARK, formatRecord } from '../csv/csv.js'
import type { Report, ReportRow } from '../protocol/schemas/reports.js'

const spans = ['waiting_until_claimed', 'waiting_until_answered', 'duration'] as const
const scores = ['1', '2', '3', '4', '5'] as const
const header = [
  ...['key', 'name', 'sessions', 'closed'],
  ...spans.flatMap((span) => [`${span}_p50_seconds`, `${span}_p90_seconds`, `${span}_count`]),
  ...['ratings', 'ratings_average', ...scores.map((score) => `ratings_${score}`)],
]

/** Formats a report as CSV: a record for each group, and one for the total. */
export function formatReport({ total, data }: Report): string {
  const records = [
    ...data.map(({ key, name = '', ...row }) => [key, name, ...cellsOf(row)]),
    ['total', '', ...cellsOf(total)],
  ]
  return `${BYTE_ORDER_MARK}${[header, ...records].map(formatRecord).join('')}`
}

const cellsOf = (row: ReportRow) => [
  row.sessions,
  row.closed,
  ...spans.flatMap((span) => [row[span].p50, row[span].p90, row[span].count]),
  ...[row.ratings.count, row.ratings.average, ...scores.map((score) => row.ratings[score])],
]
