import { signal, type ReadonlySignal } from '@preact/signals'
import type { SessionDetails } from '../../../../client/index.js'
import { refreshRow, type Row } from './rows.js'

/**
 * The known sessions, by id. A response may be older than the live events that arrived since its request, so the newer
 * version of a session wins.
 */
export interface RowMap {
  rows: ReadonlySignal<ReadonlyMap<number, Row>>
  /** Changes a session after a live event. `next` returns undefined to remove it. */
  change(sessionId: number, next: (row: Row | undefined) => Row | undefined): void
  changeDetails(details: SessionDetails & { session_id: number }): void
  /** A logical timestamp. Take it before a request, and pass it to `merge` or `replace` with the response. */
  mark(): number
  /** Merges the rows of a response whose request was made at `since`. */
  merge(read: readonly Row[], since: number): void
  /** Like `merge`, but also removes rows that are not in the response and have not changed since. */
  replace(read: readonly Row[], since: number): void
}

export function createRowMap(): RowMap {
  const rows = signal<ReadonlyMap<number, Row>>(new Map())
  const changedAt = new Map<number, number>()
  const detailedAt = new Map<number, number>()
  let moment = 0

  const hasChanged = (at: Map<number, number>, id: number, since: number) => (at.get(id) ?? 0) > since

  function change(sessionId: number, next: (row: Row | undefined) => Row | undefined): void {
    const changed = new Map(rows.value)
    const row = next(changed.get(sessionId))
    if (row) changed.set(sessionId, row)
    else changed.delete(sessionId)
    changedAt.set(sessionId, ++moment)
    rows.value = changed
  }

  /** Returns the newer version of a row, or undefined if a live event has removed the session. */
  function resolve(read: Row, since: number): Row | undefined {
    const { id, updated } = read.session
    const before = rows.value.get(id)
    const details =
      before && hasChanged(detailedAt, id, since) ? { tags: before.tags, priority: before.priority } : undefined
    if (hasChanged(changedAt, id, since)) {
      if (before === undefined) return undefined
      const { store, tags, priority, rating } = read
      if (before.session.updated > updated) return { ...before, store, tags, priority, rating, ...details }
    }
    return { ...refreshRow(before, read), ...details }
  }

  function take(next: Map<number, Row>, read: readonly Row[], since: number): void {
    for (const row of read) {
      const resolved = resolve(row, since)
      if (resolved) next.set(row.session.id, resolved)
    }
    rows.value = next
  }

  return {
    rows,
    change,
    changeDetails({ session_id, tags, priority }) {
      detailedAt.set(session_id, ++moment)
      if (rows.value.has(session_id)) change(session_id, (row) => row && { ...row, tags, priority })
    },
    mark: () => moment,
    merge: (read, since) => take(new Map(rows.value), read, since),
    replace(read, since) {
      const kept = [...rows.value].filter(([id]) => hasChanged(changedAt, id, since))
      take(new Map(kept), read, since)
      for (const at of [changedAt, detailedAt]) for (const [id, when] of at) if (when <= since) at.delete(id)
    },
  }
}
