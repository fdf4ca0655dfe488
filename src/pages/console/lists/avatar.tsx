import type { Store } from '../../../client/index.js'
import { translate } from '../../languages/translate.js'
import { showable } from '../../text/links.js'
import { nameStore } from '../state/names.js'

const HUES = 6

interface AvatarProps {
  store: Store | undefined
  storeId: number
  isOnline: boolean
}

/** The first letter of the store's name. The colour depends on the store's id alone. */
export function Avatar({ store, storeId, isOnline }: AvatarProps) {
  const [letter = ''] = Array.from(showable(nameStore(store, storeId)))
  return (
    <span class={`avatar hue-${storeId % HUES}`}>
      <span aria-hidden="true">{letter.toUpperCase()}</span>
      {isOnline && (
        <span class="online">
          <span class="unseen">{translate('console.isOnline')}</span>
        </span>
      )}
    </span>
  )
}
