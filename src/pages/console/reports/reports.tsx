import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Report, ReportQuery } from '../../../client/index.js'
import { timeZone } from '../../browser/download.js'
import { translate } from '../../languages/translate.js'
import { describeError } from '../../shared/describe-error.js'
import { Problem } from '../../shared/problem.js'
import { download } from '../../browser/download.js'
import type { Desk } from '../state/desk.js'
import { BarChart } from './bar-chart.js'
import { ReportTable } from './report-table.js'
import { measures, nameGroup, readRange, type Group } from './report-rows.js'

export interface ReportsProps {
  desk: Desk
}

const groups: readonly Group[] = ['day', 'hour', 'admin', 'tag']
const ranges = [7, 30, 90, 365] as const

/** The reports: charts, and their numbers as a table. */
export default function Reports({ desk }: ReportsProps) {
  const group = useSignal<Group>('day')
  const days = useSignal<number>(30)
  const report = useSignal<{ group: Group; is: Report }>()
  const problem = useSignal<string>()
  const query = (): ReportQuery => ({ ...readRange(days.value), group: group.value, timezone: timeZone() })

  useEffect(() => {
    let isOver = false
    const asked = group.value
    desk.client.report(query()).then(
      (answer) => {
        if (isOver) return
        report.value = { group: asked, is: answer }
        problem.value = undefined
      },
      (error: unknown) => {
        if (!isOver) problem.value = describeError(error)
      },
    )
    return () => {
      isOver = true
    }
  }, [group.value, days.value])

  const save = () =>
    download({
      token: desk.token,
      path: 'admin/reports/',
      query: { ...query(), format: 'csv' },
      name: 'report.csv',
    }).catch((error: unknown) => desk.toasts.add(describeError(error)))
  const rows = report.value?.is.data.map((row) => ({
    ...row,
    name: nameGroup(row, report.value?.group ?? 'day'),
  }))
  return (
    <section class="reports" aria-label={translate('reports.title')}>
      <header>
        <h2>{translate('reports.title')}</h2>
        <label>
          {translate('reports.range')}
          <select value={days.value} onChange={({ currentTarget }) => (days.value = Number(currentTarget.value))}>
            {ranges.map((count) => (
              <option key={count} value={count}>
                {translate('reports.days', { days: count })}
              </option>
            ))}
          </select>
        </label>
        <label>
          {translate('reports.group')}
          <select
            value={group.value}
            onChange={({ currentTarget }) =>
              (group.value = groups.find((name) => name === currentTarget.value) ?? 'day')
            }
          >
            {groups.map((name) => (
              <option key={name} value={name}>
                {translate(`reports.${name}`)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => void save()}>
          {translate('reports.csv')}
        </button>
      </header>
      <Problem of={problem} />
      {rows === undefined && problem.value === undefined && <p class="empty muted">{translate('loading')}</p>}
      {rows && report.value && (
        <>
          <div class="charts">
            {measures.map((measure) => (
              <BarChart key={measure.name} title={translate(measure.name)} measure={measure} rows={rows} />
            ))}
          </div>
          <ReportTable rows={rows} total={report.value.is.total} />
        </>
      )}
    </section>
  )
}
