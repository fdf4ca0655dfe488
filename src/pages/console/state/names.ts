import type { Desk } from './desk.js'
import type { Store } from '../../../client/index.js'
import { translate } from '../../languages/translate.js'
import { showable } from '../../text/links.js'

/** The store's name, or its id if the name has no visible characters. */
export function nameStore(store: Pick<Store, 'name'> | undefined, storeId: number): string {
  return store !== undefined && showable(store.name) !== ''
    ? store.name
    : translate('console.store', { id: String(storeId) })
}

/** The name of another admin; undefined for the user of this console. */
export function nameAdmin({ book, colleagues }: Desk, id: number): string | undefined {
  if (id === (book.ownId.value ?? id)) return undefined
  return colleagues.nameOf(id) ?? `${translate('reports.admin')} #${id}`
}
