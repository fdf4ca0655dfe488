import type { Store } from '../../../client/index.js'
import { translate } from '../../languages/translate.js'
import { showable } from '../../text/links.js'
import { nameStore } from '../state/name-store.js'

const HUES = 6

interface AvatarProps {
  store: Store | undefined
  storeId: number
  isOnline: boolean
}

/** The first letter of a name, in a colour that stays the store's. */
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
