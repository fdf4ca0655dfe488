import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { formatNumber } from '../../languages/formats.js'
import { focusFirst } from '../../browser/focus.js'
import { translate } from '../../languages/translate.js'
import type { Desk } from '../state/desk.js'
import { isFiltered, type FilterName, type ListFilter } from '../state/lists/list-filter.js'
import { StoreField } from './store-field.js'

interface FilterBoxProps {
  desk: Desk
  name: FilterName
  /** Further buttons, shown beside the filter button. */
  children?: ComponentChildren
}

/**
 * The filter of a list or of the search: a button that opens its fields and shows how many are set, and a button that clears
 * them.
 */
export function FilterBox({ desk, name, children }: FilterBoxProps) {
  const filter = desk.settings.filters.value[name] ?? {}
  const isOpen = useSignal(isFiltered(filter))
  const count = Object.keys(filter).length
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
        {count > 0 && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              // This button goes, and would take the focus with it.
              focusFirst('[data-act=filter]')
              desk.setFilter(name, {})
            }}
          >
            {translate('filter.clear')}
          </button>
        )}
        {children}
      </div>
      {isOpen.value && <FilterFields desk={desk} name={name} filter={filter} />}
    </div>
  )
}

const statuses = ['open', 'claimed', 'closed'] as const

function FilterFields({ desk, name, filter }: { desk: Desk; name: FilterName; filter: ListFilter }) {
  const set = (change: { [Name in keyof ListFilter]?: ListFilter[Name] | undefined }) => {
    const entries = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined)
    desk.setFilter(name, Object.fromEntries(entries))
  }
  return (
    <div class="filters">
      {name !== 'search' && (
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
      )}
      {name === 'all' && (
        <>
          <Choice
            label={translate('filter.status')}
            value={filter.status}
            options={statuses.map((status) => [status, translate(`status.${status}`)])}
            onChoose={(chosen) => set({ status: statuses.find((status) => status === chosen) })}
          />
          <Choice
            label={translate('filter.holder')}
            value={filter.adminId}
            options={desk.colleagues.all.value.map(({ id, name }) => [id, name])}
            onChoose={(chosen) => set({ adminId: Number(chosen) || undefined })}
          />
        </>
      )}
      {(name === 'all' || name === 'closed' || name === 'search') && (
        <>
          <StoreField known={desk.book.stores} store={filter.store} onStore={(store) => set({ store })} />
          <DayField label={translate('filter.from')} day={filter.fromDay} onDay={(fromDay) => set({ fromDay })} />
          <DayField label={translate('filter.to')} day={filter.toDay} onDay={(toDay) => set({ toDay })} />
        </>
      )}
    </div>
  )
}

interface ChoiceProps {
  label: string
  value: string | number | undefined
  options: readonly (readonly [value: string | number, name: string])[]
  onChoose: (value: string) => void
}

/** A select field with one option for each value, and one for any value. */
const Choice = ({ label, value, options, onChoose }: ChoiceProps) => (
  <label>
    {label}
    <select value={value ?? ''} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
      <option value="">{translate('filter.any')}</option>
      {options.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  </label>
)

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
