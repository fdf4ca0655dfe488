import { useSignal } from '@preact/signals'
import { formatNumber } from '../../languages/formats.js'
import { translate } from '../../languages/translate.js'
import type { Desk } from '../state/desk.js'
import { isFiltered, type ListFilter } from '../state/lists/list-filter.js'

const statuses = ['open', 'claimed', 'closed'] as const

/** The tools above a list: the filter, and the button that starts a selection. */
export function ListTools({ desk }: { desk: Desk }) {
  const { filter } = desk.book.lists[desk.list.value]
  const isOpen = useSignal(isFiltered(filter.value))
  const count = Object.keys(filter.value).length
  return (
    <div class="list-tools">
      <div class="list-buttons">
        <button
          type="button"
          class="quiet"
          aria-expanded={isOpen.value}
          data-act="filter"
          onClick={() => {
            isOpen.value = !isOpen.value
            desk.book.counts.refresh()
          }}
        >
          {translate('filter.title')}
          {count > 0 && <span class="badge">{formatNumber(count)}</span>}
        </button>
        {isFiltered(filter.value) && (
          <button type="button" class="quiet" onClick={() => desk.setFilter({})}>
            {translate('filter.clear')}
          </button>
        )}
        <button type="button" class="quiet" data-act="select" onClick={() => desk.selection.turn(true)}>
          {translate('bulk.begin')}
        </button>
      </div>
      {isOpen.value && <FilterFields desk={desk} filter={filter.value} />}
    </div>
  )
}

function FilterFields({ desk, filter }: { desk: Desk; filter: ListFilter }) {
  const list = desk.list.value
  const set = (change: { [Name in keyof ListFilter]?: ListFilter[Name] | undefined }) => {
    const entries = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined)
    desk.setFilter(Object.fromEntries(entries))
  }
  return (
    <div class="filters">
      <label>
        {translate('filter.tag')}
        <input
          type="text"
          list="known-tags"
          maxLength={32}
          autocomplete="off"
          value={filter.tag ?? ''}
          onChange={({ currentTarget }) => set({ tag: currentTarget.value.trim().toLowerCase() || undefined })}
        />
      </label>
      {list === 'all' && (
        <>
          <label>
            {translate('filter.status')}
            <select
              value={filter.status ?? ''}
              onChange={({ currentTarget }) =>
                set({ status: statuses.find((status) => status === currentTarget.value) })
              }
            >
              <option value="">{translate('filter.any')}</option>
              {statuses.map((status) => (
                <option key={status} value={status}>
                  {translate(`status.${status}`)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {translate('filter.holder')}
            <select
              value={filter.adminId ?? ''}
              onChange={({ currentTarget }) => set({ adminId: Number(currentTarget.value) || undefined })}
            >
              <option value="">{translate('filter.any')}</option>
              {desk.colleagues.all.value.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </>
      )}
      {(list === 'all' || list === 'closed') && (
        <>
          <DayField label={translate('filter.from')} day={filter.fromDay} onDay={(fromDay) => set({ fromDay })} />
          <DayField label={translate('filter.to')} day={filter.toDay} onDay={(toDay) => set({ toDay })} />
        </>
      )}
    </div>
  )
}

interface DayFieldProps {
  label: string
  day: string | undefined
  onDay: (day: string | undefined) => void
}

const DayField = ({ label, day, onDay }: DayFieldProps) => (
  <label>
    {label}
    <input type="date" value={day ?? ''} onChange={({ currentTarget }) => onDay(currentTarget.value || undefined)} />
  </label>
)
