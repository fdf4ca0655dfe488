import { signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, SessionCounts } from '../../../../client/index.js'
import { patiently } from '../../../shared/patiently.js'

/** Changes come together, and every desk asks. */
const GATHER_MS = 1000

/** How many sessions there are, as the service counts them. */
export interface Counts {
  latest: ReadonlySignal<SessionCounts | undefined>
  /** Asks again, soon. */
  refresh(): void
  close(): void
}

export function createCounts(client: Pick<AdminClient, 'counts'>): Counts {
  const latest = signal<SessionCounts>()
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    latest,
    refresh() {
      timer ??= setTimeout(
        () => {
          timer = undefined
          // The lists show how many rows they hold while nobody counts.
          patiently(client.counts).then(
            (counts) => (latest.value = counts),
            () => undefined,
          )
        },
        latest.value === undefined ? 0 : GATHER_MS,
      )
    },
    close: () => clearTimeout(timer),
  }
}
