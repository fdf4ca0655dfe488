import type { Store } from '../../../client/index.js'
import { translate } from '../../languages/translate.js'
import { showable } from '../../text/links.js'

/** The store's name, or its id if the name has no visible characters. */
export function nameStore(store: Pick<Store, 'name'> | undefined, storeId: number): string {
  return store !== undefined && showable(store.name) !== ''
    ? store.name
    : translate('console.store', { id: String(storeId) })
}
