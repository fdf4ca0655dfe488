import { signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, Colleague } from '../../../client/index.js'
import { retryLimited } from '../../shared/retry-limited.js'

/** The admins, with their presence and the number of sessions that each holds. */
export interface Colleagues {
  /** Ordered by name. Empty until the first read. */
  all: ReadonlySignal<readonly Colleague[]>
  /** The name of an admin; undefined while it is not known. */
  nameOf(adminId: number): string | undefined
  /** Reads the admins again. A failure keeps the previous ones. */
  refresh(): void
}

export function createColleagues(client: Pick<AdminClient, 'admins'>): Colleagues {
  const all = signal<readonly Colleague[]>([])
  return {
    all,
    nameOf: (adminId) => all.value.find(({ id }) => id === adminId)?.name,
    refresh() {
      // An admin without a known name is shown by id.
      retryLimited(client.admins).then(
        (admins) => (all.value = admins),
        () => undefined,
      )
    },
  }
}
