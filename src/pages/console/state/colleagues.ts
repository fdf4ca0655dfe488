import { signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, Colleague } from '../../../client/index.js'
import { patiently } from '../../shared/patiently.js'

/** The other admins: who is online, and how many sessions each holds. */
export interface Colleagues {
  /** By name. Empty until they were read. */
  all: ReadonlySignal<readonly Colleague[]>
  /** Undefined while it is not known. */
  nameOf(adminId: number): string | undefined
  /** Reads them again. */
  refresh(): void
}

export function createColleagues(client: Pick<AdminClient, 'admins'>): Colleagues {
  const all = signal<readonly Colleague[]>([])
  return {
    all,
    nameOf: (adminId) => all.value.find(({ id }) => id === adminId)?.name,
    refresh() {
      // Without them, admins are named by their numbers.
      patiently(client.admins).then(
        (admins) => (all.value = admins),
        () => undefined,
      )
    },
  }
}
