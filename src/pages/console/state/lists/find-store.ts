import type { Store } from '../../../../client/index.js'
import { readId } from '../../../text/read-id.js'
import { nameStore } from '../name-store.js'
import type { NamedStore } from './list-filter.js'

/** As many as a browser offers without delay. */
const MOST_OFFERED = 500

/** A store in a text field: names are not unique. */
export const showStore = ({ id, name }: NamedStore): string => `${name} #${id}`

/** The stores that are offered while one is chosen, by name. */
export const listStores = (known: Iterable<Store>): NamedStore[] =>
  [...known]
    .map((store) => ({ id: store.id, name: nameStore(store, store.id) }))
    .sort((one, other) => one.name.localeCompare(other.name))
    .slice(0, MOST_OFFERED)

/** The store that was chosen, or whose name or number was typed. A name that several stores have is none of them. */
export function findStore(known: Iterable<Store>, typed: string): NamedStore | undefined {
  const wanted = typed.trim().toLowerCase()
  const named = [...known].map((store) => ({ id: store.id, name: nameStore(store, store.id) }))
  const [found, ...others] = named.filter(({ name }) => name.toLowerCase() === wanted)
  if (found && others.length === 0) return found
  const id = readId(wanted.slice(wanted.lastIndexOf('#') + 1))
  return id === undefined
    ? undefined
    : (named.find((store) => store.id === id) ?? { id, name: nameStore(undefined, id) })
}
