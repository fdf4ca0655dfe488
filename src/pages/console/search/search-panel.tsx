import { useEffect, useRef } from 'preact/hooks'
import { focusRendered } from '../../browser/focus.js'
import { isComposing } from '../../browser/keys.js'
import { translate } from '../../languages/translate.js'
import { Lazy } from '../../shared/lazy.js'
import { FilterBox } from '../filters/filter-box.js'
import type { Desk } from '../state/desk.js'

/** The search field for messages. The results replace the lists. */
export function SearchField({ desk }: { desk: Desk }) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return
    if (event.key === 'Escape') {
      event.preventDefault()
      desk.query.value = ''
      focusRendered('.row[tabindex="0"]')
    }
    if (event.key === 'ArrowDown') {
      event.preventDefault()
      document.querySelector<HTMLElement>('.hit')?.focus()
    }
  }
  return (
    <div class="search" role="search">
      <input
        type="search"
        aria-label={translate('search.label')}
        placeholder={translate('search.label')}
        maxLength={200}
        autocomplete="off"
        value={desk.query.value}
        onInput={({ currentTarget }) => (desk.query.value = currentTarget.value)}
        onKeyDown={onKeyDown}
        data-search
      />
    </div>
  )
}

export interface SearchResultsProps {
  desk: Desk
  query: string
}

export function SearchPanel({ desk }: { desk: Desk }) {
  const panel = useRef<HTMLDivElement>(null)
  useEffect(() => panel.current?.scrollTo(0, 0), [desk.query.value])
  return (
    <div class="panel found" ref={panel}>
      <FilterBox desk={desk} name="search" />
      <Lazy<SearchResultsProps> name="search" props={{ desk, query: desk.query.value.trim() }} />
    </div>
  )
}
