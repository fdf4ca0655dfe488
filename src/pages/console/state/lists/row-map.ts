import { signal, type ReadonlySignal } from '@preact/signals'
import type { SessionDetails } from '../../../../client/index.js'
import { refreshRow, type Row } from './rows.js'

/**
 * The sessions that are known, by id. An answer may be older than what live events have told since it was asked for: of
 * two versions of a session the newer one stays.
 */
export interface RowMap {
  rows: ReadonlySignal<ReadonlyMap<number, Row>>
  /** Changes a session, by a live event. `undefined` takes it away. */
  change(sessionId: number, next: (row: Row | undefined) => Row | undefined): void
  changeDetails(details: SessionDetails & { session_id: number }): void
  /** The present moment, for an answer that is asked for now. */
  mark(): number
  /** Takes over rows that were asked for at a moment. */
  merge(read: readonly Row[], since: number): void
  /** As `merge`; what was neither read nor changed since is known no more. */
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

  /** The row to be shown, or undefined for a session that is gone. */
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
