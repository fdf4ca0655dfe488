import type { ReportRow, Span } from '../../../client/index.js'
import { formatNumber } from '../../languages/formats.js'
import { translate } from '../../languages/translate.js'
import { formatRating, formatSeconds, type NamedRow } from './report-rows.js'

/** The numbers of the charts as a table. */
export function ReportTable({ rows, total }: { rows: readonly NamedRow[]; total: ReportRow }) {
  return (
    <div class="report-table" tabIndex={0} role="region" aria-label={translate('reports.table')}>
      <table>
        <caption class="unseen">{translate('reports.table')}</caption>
        <thead>
          <tr>
            <th scope="col">{translate('reports.row')}</th>
            <th scope="col">{translate('reports.sessions')}</th>
            <th scope="col">{translate('reports.closed')}</th>
            <th scope="col">{translate('reports.waiting')}</th>
            <th scope="col">{translate('reports.answered')}</th>
            <th scope="col">{translate('reports.duration')}</th>
            <th scope="col">{translate('reports.rating')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Line key={row.key} name={row.name} row={row} />
          ))}
        </tbody>
        <tfoot>
          <Line name={translate('reports.total')} row={total} />
        </tfoot>
      </table>
    </div>
  )
}

function Line({ name, row }: { name: string; row: ReportRow }) {
  const { sessions, closed, waiting_until_claimed, waiting_until_answered, duration, ratings } = row
  return (
    <tr>
      <th scope="row">
        <bdi>{name}</bdi>
      </th>
      <td>{formatNumber(sessions)}</td>
      <td>{formatNumber(closed)}</td>
      <td>{showSpan(waiting_until_claimed)}</td>
      <td>{showSpan(waiting_until_answered)}</td>
      <td>{showSpan(duration)}</td>
      <td>{ratings.average === null ? '–' : `${formatRating(ratings.average)} (${formatNumber(ratings.count)})`}</td>
    </tr>
  )
}

const showSpan = ({ p50, p90 }: Span) =>
  p50 === null || p90 === null ? '–' : `${formatSeconds(p50)} / ${formatSeconds(p90)}`
