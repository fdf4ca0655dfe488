import type { Store } from '../../../client/index.js'
import { translate } from '../../languages/translate.js'
import { showable } from '../../text/links.js'

/** A name of which nothing can be seen is none. */
export function nameStore(store: Pick<Store, 'name'> | undefined, storeId: number): string {
  return store !== undefined && showable(store.name) !== ''
    ? store.name
    : translate('console.store', { id: String(storeId) })
}
