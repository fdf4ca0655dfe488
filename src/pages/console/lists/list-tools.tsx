import { translate } from '../../languages/translate.js'
import type { Desk } from '../state/desk.js'
import { FilterBox } from './filter-box.js'

/** Above a list: what narrows it, and the way to choose several of its rows. */
export function ListTools({ desk }: { desk: Desk }) {
  return (
    <FilterBox desk={desk} name={desk.list.value}>
      <button type="button" class="quiet" data-act="select" onClick={() => desk.selection.turn(true)}>
        {translate('bulk.begin')}
      </button>
    </FilterBox>
  )
}
