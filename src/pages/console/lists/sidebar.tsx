import { formatNumber } from '../languages/formats.js'
import { translate } from '../languages/translate.js'
import { minute } from '../text/clock.js'
import type { Desk, ListName } from './state/desk.js'
import type { Row } from './state/rows.js'
import { SessionRow } from './session-row.js'
import { WindowList } from './window-list.js'

const ROW_PX = 76

const names: ListName[] = ['waiting', 'own']
const keyOf = ({ session }: Row) => session.id

/** The two lists, as tabs. */
export function Sidebar({ desk }: { desk: Desk }) {
  const { book, list } = desk
  const rows = book[list.value].value
  return (
    <nav class="sidebar" aria-label={translate('list.sessions')}>
      <Tabs desk={desk} />
      <div class="panel" role="tabpanel" id="panel" aria-labelledby={`tab-${list.value}`}>
        {book.problem.value !== undefined && (
          <p class="notice problem" role="alert" dir="auto">
            {book.problem.value}
          </p>
        )}
        {rows.length === 0 ? (
          <Nothing list={list.value} isLoaded={book.isLoaded.value} />
        ) : (
          <WindowList
            key={list.value}
            items={rows}
            keyOf={keyOf}
            rowPx={ROW_PX}
            label={translate(list.value === 'own' ? 'list.ownLabel' : 'list.waitingLabel')}
            chosen={desk.chosen.value?.id}
            onChoose={desk.choose}
          >
            {(row) => <SessionRow row={row} list={list.value} desk={desk} nowMs={minute.value} />}
          </WindowList>
        )}
      </div>
    </nav>
  )
}

function Tabs({ desk: { book, list } }: { desk: Desk }) {
  const unread = book.own.value.reduce((sum, row) => sum + row.unread, 0)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
    list.value = list.value === 'own' ? 'waiting' : 'own'
    document.getElementById(`tab-${list.value}`)?.focus()
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
          {translate(`list.${name}`)} <span class="count">{formatNumber(book[name].value.length)}</span>
          {name === 'own' && unread > 0 && <span class="badge">{translate('list.new', { count: unread })}</span>}
        </button>
      ))}
    </div>
  )
}

function Nothing({ list, isLoaded }: { list: ListName; isLoaded: boolean }) {
  if (!isLoaded) return <p class="empty muted">{translate('loading')}</p>
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
