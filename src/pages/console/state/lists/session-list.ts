import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { ListedSession, ListPage, Session } from '../../../../client/index.js'
import { createFilterTest, isFiltered, type ListFilter } from './list-filter.js'
import { readRow, type Row } from './rows.js'

/** Nobody reads further down. */
const MOST_ROWS = 10_000

interface Page {
  data: ListedSession[]
  next_cursor: string | null
  count?: number
}

interface ListKind {
  /** Whether sessions like this are in the list, whatever its filter. */
  isOfKind(session: Session): boolean
  order(one: Row, other: Row): number
  read(page: ListPage, filter: ListFilter): Promise<Page>
}

/**
 * The beginning of a list of the service, in its order: as many pages as were looked at. Live events keep that part right.
 * What comes after the last page that was read stays unseen until that place is read.
 */
export interface SessionList {
  rows: ReadonlySignal<readonly Row[]>
  filter: ReadonlySignal<ListFilter>
  /** Whether its first page was read. */
  isLoaded: ReadonlySignal<boolean>
  /** Whether all of it was read, or as much as is shown. */
  isComplete: ReadonlySignal<boolean>
  /** Of all pages, when it was read last; undefined where the service does not count. */
  count: ReadonlySignal<number | undefined>
  /** Whether a live session has its place in the part that was read. */
  wants(row: Row): boolean
  /** Asks for a page: the first one, or the next. `undefined` is returned when it was outdated before it came. */
  ask(from: 'start' | 'next', limit: number): Promise<Page | undefined>
  /** Shows what `ask` has returned, once its rows are known. */
  take(page: Page): void
  /** Begins anew, with another filter. What is being read is of no use any more. */
  restart(filter: ListFilter): void
}

export function createSessionList(
  known: ReadonlySignal<ReadonlyMap<number, Row>>,
  { isOfKind, order, read }: ListKind,
): SessionList {
  const filter: Signal<ListFilter> = signal({})
  const test = computed(() => createFilterTest(filter.value))
  /** The last row that was read; null when there is none after it. */
  const edge = signal<Row | null>()
  const count = signal<number>()
  let cursor: string | null = null
  let version = 0

  const reaches = (row: Row) => edge.value === null || (edge.value !== undefined && order(row, edge.value) <= 0)
  const rows = computed(() =>
    [...known.value.values()]
      .filter((row) => isOfKind(row.session) && test.value.passes(row) && reaches(row))
      .sort(order),
  )

  return {
    rows,
    filter,
    isLoaded: computed(() => edge.value !== undefined),
    isComplete: computed(() => edge.value === null || rows.value.length >= MOST_ROWS),
    count,
    wants: (row) => isOfKind(row.session) && test.value.mayPass(row.session) && reaches(row),
    async ask(from, limit) {
      const asked = ++version
      const page = await read({ limit, ...(from === 'next' && cursor !== null && { cursor }) }, filter.value)
      return asked === version ? page : undefined
    },
    take({ data, next_cursor, count: counted }) {
      const last = data.at(-1)
      cursor = next_cursor
      count.value = counted
      edge.value = next_cursor !== null && last ? readRow(last) : null
    },
    restart(next) {
      version++
      filter.value = next
      edge.value = undefined
      count.value = undefined
    },
  }
}

/** How many rows there are to scroll through: those that were read, and those that are to come, as far as is known. */
export function sizeOf({ rows, isComplete, filter, count }: SessionList, total: number | undefined): number {
  const read = rows.value.length
  if (isComplete.value) return read
  const counted = isFiltered(filter.value) ? count.value : (total ?? count.value)
  return Math.max(read + 1, Math.min(counted ?? 0, MOST_ROWS))
}
