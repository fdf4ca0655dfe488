import { useSignal } from '@preact/signals'
import type { Store } from '../../../client/index.js'
import { translate } from '../../languages/translate.js'
import { findStore, listStores, showStore } from '../state/lists/find-store.js'
import type { NamedStore } from '../state/lists/list-filter.js'

interface StoreFieldProps {
  known: ReadonlyMap<number, Store>
  store: NamedStore | undefined
  onStore: (store: NamedStore | undefined) => void
}

/** Chooses a store by its name, if this desk has heard of it, or by its number. */
export function StoreField({ known, store, onStore }: StoreFieldProps) {
  const offered = useSignal<NamedStore[]>([])
  const choose = (field: HTMLInputElement) => {
    const found = findStore(known.values(), field.value)
    const isUnknown = found === undefined && field.value.trim() !== ''
    field.setCustomValidity(isUnknown ? translate('filter.unknownStore') : '')
    if (isUnknown) field.reportValidity()
    else onStore(found)
  }
  return (
    <label>
      {translate('details.store')}
      <input
        type="text"
        list="known-stores"
        autocomplete="off"
        dir="auto"
        value={store ? showStore(store) : ''}
        onFocus={() => (offered.value = listStores(known.values()))}
        onChange={({ currentTarget }) => choose(currentTarget)}
        data-store
      />
      <datalist id="known-stores">
        {offered.value.map((one) => (
          <option key={one.id} value={showStore(one)} />
        ))}
      </datalist>
    </label>
  )
}
