import type { Store } from '../../../../client/index.js'
import { readId } from '../../../text/read-id.js'
import { nameStore } from '../names.js'
import type { NamedStore } from './list-filter.js'

/** Browsers show more suggestions only with a delay. */
const MOST_OFFERED = 500

/** The text of a store in a field. It contains the id, because names are not unique. */
export const showStore = ({ id, name }: NamedStore): string => `${name} #${id}`

/** The suggested stores, sorted by name. */
export const listStores = (known: Iterable<Store>): NamedStore[] =>
  [...known]
    .map((store) => ({ id: store.id, name: nameStore(store, store.id) }))
    .sort((one, other) => one.name.localeCompare(other.name))
    .slice(0, MOST_OFFERED)

/**
 * Finds the store whose suggestion was chosen, or whose name or id was typed. A name that several stores share matches none
 * of them. An id always matches: the console has not received all stores.
 */
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
