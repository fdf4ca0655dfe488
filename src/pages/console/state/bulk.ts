import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { translate } from '../../languages/translate.js'
import { describeError } from '../../shared/describe-error.js'
import type { Row } from './lists/rows.js'
import type { Toasts } from './toasts.js'

/** Requests at a time. */
const AT_ONCE = 4

/** Several sessions of a list, chosen to do the same with each. */
export interface Selection {
  /** Whether rows can be chosen now. */
  isOn: ReadonlySignal<boolean>
  ids: ReadonlySignal<ReadonlySet<number>>
  /** The chosen rows that the list still holds. */
  rows: ReadonlySignal<readonly Row[]>
  turn(isOn: boolean): void
  toggle(sessionId: number): void
  set(sessionIds: Iterable<number>): void
  /** Does something with each. What fails is told together, and stays chosen. */
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
