import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { SearchHit } from '../../../../client/index.js'
import { formatNumber } from '../../../languages/formats.js'
import { translate } from '../../../languages/translate.js'
import { describeError } from '../../../shared/describe-error.js'
import { patiently as retryLimited } from '../../../shared/retry-limited.js'
import { Problem } from '../../../shared/problem.js'
import { showBriefly } from '../../../text/times.js'
import { toQuery } from '../../state/lists/list-filter.js'
import { nameStore } from '../../state/names.js'
import type { SearchResultsProps } from '../search-panel.js'
import { excerpt } from './excerpt.js'

const PAGE = 30
/** At most this many pages are read until one holds a hit. */
const MOST_PAGES = 5
/** Debounce: the search starts after this pause in typing. */
const PAUSE_MS = 300

interface Found {
  hits: readonly SearchHit[]
  cursor: string | null
}

/** The messages that match the query, newest first. A click opens the conversation at the message. */
export default function SearchResults({ desk, query }: SearchResultsProps) {
  const found = useSignal<Found>()
  const problem = useSignal<string>()
  const isLoading = useSignal(true)
  const asked = useRef(0)
  const filter = desk.settings.filters.value.search

  async function ask(before: Found | undefined): Promise<void> {
    const turn = ++asked.current
    isLoading.value = true
    try {
      let [hits, cursor] = [before?.hits ?? [], before?.cursor]
      // A page may be empty although more pages follow.
      for (
        let pages = 0;
        pages < MOST_PAGES && cursor !== null && hits.length === (before?.hits.length ?? 0);
        pages++
      ) {
        const from = cursor === undefined ? {} : { cursor }
        const page = await retryLimited(() =>
          desk.client.search({ q: query, limit: PAGE, ...toQuery(filter ?? {}), ...from }),
        )
        if (turn !== asked.current) return
        for (const { store } of page.data) desk.book.stores.set(store.id, store)
        hits = [...hits, ...page.data]
        cursor = page.next_cursor
      }
      found.value = { hits, cursor: cursor ?? null }
      problem.value = undefined
    } catch (error) {
      if (turn !== asked.current) return
      // The previous hits belong to another query.
      if (before === undefined) found.value = undefined
      problem.value = describeError(error)
    }
    isLoading.value = false
  }

  useEffect(() => {
    isLoading.value = true
    const timer = setTimeout(() => void ask(undefined), PAUSE_MS)
    return () => {
      asked.current++
      clearTimeout(timer)
    }
  }, [query, filter])

  const { hits = [], cursor = null } = found.value ?? {}
  return (
    <>
      <p class="found-status muted" role="status">
        {isLoading.value
          ? translate('search.running')
          : problem.value === undefined &&
            translate('search.count', { count: hits.length, shown: showFound(found.value) })}
      </p>
      <Problem of={problem} />
      <ul class="hits" aria-label={translate('search.results')} onKeyDown={goBetweenHits}>
        {hits.map((hit) => (
          <li key={hit.message.id}>
            <Hit hit={hit} onOpen={() => desk.show(hit.message.session_id, hit.message.id)} />
          </li>
        ))}
      </ul>
      {cursor !== null && (
        <button type="button" class="quiet more" disabled={isLoading.value} onClick={() => void ask(found.value)}>
          {translate('search.more')}
        </button>
      )}
    </>
  )
}

const showFound = (found: Found | undefined) =>
  `${formatNumber(found?.hits.length ?? 0)}${found?.cursor == null ? '' : '+'}`

function Hit({ hit, onOpen }: { hit: SearchHit; onOpen: () => void }) {
  const { message, session, store, highlights } = hit
  return (
    <button type="button" class="hit" onClick={onOpen}>
      <span class="row-head">
        <bdi class="name">{nameStore(store, session.store_id)}</bdi>
        <span class="when">{showBriefly(message.created)}</span>
      </span>
      <span class="hit-from muted">
        {translate(message.sender_type === 'store' ? 'search.fromStore' : 'search.fromAdmin')} {' · '}
        {translate(`status.${session.status}`)}
      </span>
      <bdi class="hit-text">
        {excerpt(message.content, highlights).map(({ text, isHit }, place) =>
          isHit ? <mark key={place}>{text}</mark> : text,
        )}
      </bdi>
    </button>
  )
}

/** The arrow keys move the focus between hits, and from the first hit up to the search field. */
function goBetweenHits(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const hits = [...event.currentTarget.querySelectorAll<HTMLElement>('.hit')]
  const place = hits.findIndex((hit) => hit === document.activeElement)
  const next = hits[place + (event.key === 'ArrowDown' ? 1 : -1)]
  event.preventDefault()
  if (next) next.focus()
  else if (place === 0) document.querySelector<HTMLElement>('[data-search]')?.focus()
}
