import { translate } from '../../languages/translate.js'
import type { Desk } from '../state/desk.js'
import { FilterBox } from '../filters/filter-box.js'

/** The tools above a list: the filter, and the button that starts a selection. */
export function ListTools({ desk }: { desk: Desk }) {
  return (
    <FilterBox desk={desk} name={desk.list.value}>
      <button type="button" class="quiet" data-act="select" onClick={() => desk.selection.turn(true)}>
        {translate('bulk.begin')}
      </button>
    </FilterBox>
  )
}
