import { minute } from '../shared/clock.js'
import type { Desk, ListName } from './state/desk.js'
import type { Row } from './state/rows.js'
import { SessionRow } from './session-row.js'
import { WindowList } from './window-list.js'

const ROW_PX = 76

const names: ListName[] = ['waiting', 'own']
const titles = { waiting: 'Waiting', own: 'Mine' }
const keyOf = ({ session }: Row) => session.id

/** The two lists, as tabs. */
export function Sidebar({ desk }: { desk: Desk }) {
  const { book, list } = desk
  const rows = book[list.value].value
  return (
    <nav class="sidebar" aria-label="Sessions">
      <Tabs desk={desk} />
      <div class="panel" role="tabpanel" id="panel" aria-labelledby={`tab-${list.value}`}>
        {book.problem.value !== undefined && (
          <p class="notice problem" role="alert">
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
            label={list.value === 'own' ? 'My sessions' : 'Waiting sessions, longest first'}
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
    <div class="tabs" role="tablist" aria-label="Lists" onKeyDown={onKeyDown}>
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
          {titles[name]} <span class="count">{book[name].value.length}</span>
          {name === 'own' && unread > 0 && <span class="badge">{unread} new</span>}
        </button>
      ))}
    </div>
  )
}

function Nothing({ list, isLoaded }: { list: ListName; isLoaded: boolean }) {
  if (!isLoaded) return <p class="empty muted">Loading…</p>
  return list === 'waiting' ? (
    <div class="empty">
      <h2>Nobody is waiting</h2>
      <p class="muted">New conversations appear here by themselves.</p>
    </div>
  ) : (
    <div class="empty">
      <h2>You hold no session</h2>
      <p class="muted">Claim one from those that wait.</p>
    </div>
  )
}
