import { formatNumber } from '../../languages/formats.js'
import { translate } from '../../languages/translate.js'
import { minute } from '../../text/clock.js'
import { SearchField, SearchPanel } from '../search/search-panel.js'
import type { Desk } from '../state/desk.js'
import { isFiltered, listNames, type ListName } from '../state/lists/list-filter.js'
import type { Row } from '../state/lists/rows.js'
import { BulkBar, Pick } from './bulk-bar.js'
import { ListTools } from './list-tools.js'
import { SessionRow } from './session-row.js'
import { WindowList } from './window-list.js'
import { Problem } from '../../shared/problem.js'

const ROW_PX = 76

const keyOf = ({ session }: Row) => session.id

/** The lists as tabs. During a search the results replace them. */
export function Sidebar({ desk }: { desk: Desk }) {
  const isSearching = desk.query.value.trim() !== ''
  return (
    <nav class="sidebar" aria-label={translate('list.sessions')}>
      <SearchField desk={desk} />
      {isSearching ? (
        <SearchPanel desk={desk} />
      ) : (
        <>
          <Tabs desk={desk} />
          <ListPanel desk={desk} name={desk.list.value} />
        </>
      )}
    </nav>
  )
}

function ListPanel({ desk, name }: { desk: Desk; name: ListName }) {
  const { book, selection } = desk
  const list = book.lists[name]
  const rows = list.rows.value
  const extend = (from: number, to: number) => selection.set([...selection.ids.value, from, to])
  return (
    <div class="panel" role="tabpanel" id="panel" aria-labelledby={`tab-${name}`}>
      {selection.isOn.value ? <BulkBar desk={desk} /> : <ListTools key={name} desk={desk} />}
      <Problem of={book.problem} />
      {rows.length === 0 && (list.isComplete.value || !list.isLoaded.value) ? (
        <Nothing list={name} isLoaded={list.isLoaded.value} isFiltered={isFiltered(list.filter.value)} />
      ) : (
        <WindowList
          key={name}
          items={rows}
          size={book.sizeOf(name)}
          isCounted={list.isComplete.value || list.count.value !== undefined}
          keyOf={keyOf}
          rowPx={ROW_PX}
          label={translate(`list.${name}Label`)}
          chosen={desk.chosen.value?.id}
          onChoose={desk.choose}
          onReach={() => book.readMore(name)}
          onView={(places) => (list.view = places)}
          leading={selection.isOn.value ? (row) => <Pick row={row} selection={selection} /> : undefined}
          onExtend={selection.isOn.value ? extend : undefined}
        >
          {(row) => <SessionRow row={row} list={name} desk={desk} nowMs={minute.value} />}
        </WindowList>
      )}
    </div>
  )
}

function Tabs({ desk: { book, list } }: { desk: Desk }) {
  const names = listNames.filter((name) => name !== 'all' || book.isSupervisor.value)
  const unread = book.lists.own.rows.value.reduce((sum, row) => sum + row.unread, 0)
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 }
    const step = steps[event.key]
    if (step === undefined) return
    const along = document.documentElement.dir === 'rtl' ? -step : step
    const next = names[(names.indexOf(list.value) + along + names.length) % names.length]
    if (next === undefined) return
    list.value = next
    document.getElementById(`tab-${next}`)?.focus()
  }
  return (
    <div class="tabs" role="tablist" aria-label={translate('list.label')} onKeyDown={onKeyDown}>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-controls="panel"
          aria-selected={list.value === name}
          tabIndex={list.value === name ? 0 : -1}
          onClick={() => (list.value = name)}
        >
          {translate(`list.${name}`)}
          {(name === 'waiting' || name === 'own') && (
            <>
              {' '}
              <span class="count">{formatNumber(book.countOf(name) ?? 0)}</span>
            </>
          )}
          {name === 'own' && unread > 0 && <span class="badge">{translate('list.new', { count: unread })}</span>}
        </button>
      ))}
    </div>
  )
}

interface NothingProps {
  list: ListName
  isLoaded: boolean
  isFiltered: boolean
}

function Nothing({ list, isLoaded, isFiltered }: NothingProps) {
  if (!isLoaded) return <p class="empty muted">{translate('loading')}</p>
  if (isFiltered) return <p class="empty muted">{translate('filter.nothing')}</p>
  if (list === 'closed' || list === 'all') return <p class="empty muted">{translate('list.nothing')}</p>
  return list === 'waiting' ? (
    <div class="empty">
      <h2>{translate('list.nobodyWaits')}</h2>
      <p class="muted">{translate('list.nobodyWaitsText')}</p>
    </div>
  ) : (
    <div class="empty">
      <h2>{translate('list.noneHeld')}</h2>
      <p class="muted">{translate('list.noneHeldText')}</p>
    </div>
  )
}
