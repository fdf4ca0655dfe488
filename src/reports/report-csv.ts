import { CSV_BEGINNING, writeRecord } from '../csv/csv.js'
import type { Report, ReportRow } from '../protocol/schemas/reports.js'

const spans = ['waiting_until_claimed', 'waiting_until_answered', 'duration'] as const
const scores = ['1', '2', '3', '4', '5'] as const
const header = [
  ...['key', 'name', 'sessions', 'closed'],
  ...spans.flatMap((span) => [`${span}_p50_seconds`, `${span}_p90_seconds`, `${span}_count`]),
  ...['ratings', 'ratings_average', ...scores.map((score) => `ratings_${score}`)],
]

/** Writes a report as CSV: a record for each group, and one of all. */
export function writeReport({ total, data }: Report): string {
  const records = [
    ...data.map(({ key, name = '', ...row }) => [key, name, ...cellsOf(row)]),
    ['total', '', ...cellsOf(total)],
  ]
  return `${CSV_BEGINNING}${[header, ...records].map(writeRecord).join('')}`
}

const cellsOf = (row: ReportRow) => [
  row.sessions,
  row.closed,
  ...spans.flatMap((span) => [row[span].p50, row[span].p90, row[span].count]),
  ...[row.ratings.count, row.ratings.average, ...scores.map((score) => row.ratings[score])],
]
