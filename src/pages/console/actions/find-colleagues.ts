import type { Colleague } from '../../../client/index.js'

/** The admins whose name contains the typed text, or whose id equals it. Online admins come first, then by name. */
export function findColleagues(all: readonly Colleague[], typed: string): Colleague[] {
  const wanted = typed.trim().toLowerCase()
  return all
    .filter(({ id, name }) => name.toLowerCase().includes(wanted) || String(id) === wanted)
    .sort((one, other) => Number(other.online) - Number(one.online) || one.name.localeCompare(other.name))
}
