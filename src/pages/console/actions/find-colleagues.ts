import type { Colleague } from '../../../client/index.js'

/** Those whose name holds what was typed, or whose number it is; who is online comes first. */
export function findColleagues(all: readonly Colleague[], typed: string): Colleague[] {
  const wanted = typed.trim().toLowerCase()
  return all
    .filter(({ id, name }) => name.toLowerCase().includes(wanted) || String(id) === wanted)
    .sort((one, other) => Number(other.online) - Number(one.online) || one.name.localeCompare(other.name))
}
