import { signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, SessionCounts } from '../../../../client/index.js'
import { retryLimited } from '../../../shared/retry-limited.js'

/** Changes arrive in groups, and every console asks for the counts, so one request serves all changes within this time. */
const COALESCE_MS = 1000

/** The numbers of sessions, counted by the service. */
export interface Counts {
  latest: ReadonlySignal<SessionCounts | undefined>
  /** Schedules a new count. */
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
          // Without a count, the lists show the number of their rows.
          retryLimited(client.counts).then(
            (counts) => (latest.value = counts),
            () => undefined,
          )
        },
        latest.value === undefined ? 0 : COALESCE_MS,
      )
    },
    close: () => clearTimeout(timer),
  }
}
