import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { translate } from '../../languages/translate.js'
import { describeError } from '../../shared/describe-error.js'
import type { Row } from './lists/rows.js'
import type { Toasts } from './toasts.js'

/** Concurrent requests. */
const AT_ONCE = 4

/** A selection of sessions in a list, for bulk actions. */
export interface Selection {
  /** Whether the list shows checkboxes. */
  isOn: ReadonlySignal<boolean>
  ids: ReadonlySignal<ReadonlySet<number>>
  /** The selected rows that are still in the list. */
  rows: ReadonlySignal<readonly Row[]>
  turn(isOn: boolean): void
  toggle(sessionId: number): void
  set(sessionIds: Iterable<number>): void
  /** Runs `work` for each selected row. Failures are reported in one toast, and their rows stay selected. */
  run(work: (row: Row) => Promise<unknown>): Promise<void>
  isBusy: ReadonlySignal<boolean>
}

export function createSelection(listed: ReadonlySignal<readonly Row[]>, toasts: Toasts): Selection {
  const isOn = signal(false)
  const isBusy = signal(false)
  const ids = signal<ReadonlySet<number>>(new Set())
  const rows = computed(() =>
    ids.value.size === 0 ? [] : listed.value.filter(({ session }) => ids.value.has(session.id)),
  )

  return {
    isOn,
    ids,
    rows,
    isBusy,
    turn(shallBeOn) {
      isOn.value = shallBeOn
      ids.value = new Set()
    },
    toggle(sessionId) {
      const next = new Set(ids.value)
      if (!next.delete(sessionId)) next.add(sessionId)
      isOn.value = true
      ids.value = next
    },
    set: (sessionIds) => void (ids.value = new Set(sessionIds)),
    async run(work) {
      if (isBusy.value) return
      isBusy.value = true
      const waiting = [...rows.value]
      const failed: { row: Row; error: unknown }[] = []
      const total = waiting.length
      const workOff = async () => {
        for (let row = waiting.shift(); row; row = waiting.shift()) {
          const at = row
          await work(at).catch((error: unknown) => failed.push({ row: at, error }))
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, workOff))
      isBusy.value = false
      ids.value = new Set(failed.map(({ row }) => row.session.id))
      const [first] = failed
      if (first === undefined) isOn.value = false
      else {
        const error = describeError(first.error)
        toasts.add(translate('bulk.failed', { failed: failed.length, total, error }))
      }
    },
  }
}
