import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { ListedSession, ListPage, Session } from '../../../../client/index.js'
import { createFilterTest, isFiltered, type ListFilter } from './list-filter.js'
import { readRow, type Row } from './rows.js'

/** The list ends after this many rows. */
const MOST_ROWS = 10_000

interface Page {
  data: ListedSession[]
  next_cursor: string | null
  count?: number
}

interface ListKind {
  /** Whether a session belongs to the list, regardless of the filter. */
  isOfKind(session: Session): boolean
  order(one: Row, other: Row): number
  read(page: ListPage, filter: ListFilter): Promise<Page>
}

/**
 * The first pages of a list of the service, in its order. Live events keep these pages current. A live session that sorts
 * after the last read row is ignored until its page is read.
 */
export interface SessionList {
  rows: ReadonlySignal<readonly Row[]>
  filter: ReadonlySignal<ListFilter>
  /** Whether the first page was read. */
  isLoaded: ReadonlySignal<boolean>
  /** Whether all pages were read, or the maximum number of rows is reached. */
  isComplete: ReadonlySignal<boolean>
  /** The length of the whole list at the last read; undefined if the service does not count it. */
  count: ReadonlySignal<number | undefined>
  /** Whether a live session belongs to the pages that were read. */
  wants(row: Row): boolean
  /** Reads the first page or the next one. Resolves with undefined if a later call or `restart` has outdated it. */
  ask(from: 'start' | 'next', limit: number): Promise<Page | undefined>
  /** Extends the list by a page that `ask` has returned. Its rows must be in the row map. */
  take(page: Page): void
  /** Empties the list and sets its filter. A read in progress is dropped. */
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

/** The number of rows to scroll through: the rows that were read, and an estimate of the others. */
export function sizeOf({ rows, isComplete, filter, count }: SessionList, total: number | undefined): number {
  const read = rows.value.length
  if (isComplete.value) return read
  const counted = isFiltered(filter.value) ? count.value : (total ?? count.value)
  return Math.max(read + 1, Math.min(counted ?? 0, MOST_ROWS))
}
