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
  /** Reads the first page again, and those of the rows in view. */
  askAgain(limit: number): Promise<Page[]>
  /** The places in `rows` of the rows in view. */
  view: readonly number[]
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
  /** The last row that was read; null when the list has no more rows, undefined before the first read. */
  const edge = signal<Row | null>()
  const count = signal<number>()
  /** The cursor of the page that was asked for last, and that of the next one; undefined for the first page. */
  let asking: string | undefined
  let next: string | undefined
  /** The pages that were read, each with its last row. */
  let pages: { cursor: string | undefined; last: Row | undefined }[] = []
  let version = 0

  const readPage = (limit: number, cursor: string | undefined) =>
    read({ limit, ...(cursor !== undefined && { cursor }) }, filter.value)

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
      const cursor = from === 'next' ? next : undefined
      const page = await readPage(limit, cursor)
      if (asked !== version) return undefined
      asking = cursor
      return page
    },
    view: [],
    askAgain(limit) {
      const inView = this.view.flatMap((place) => rows.value[place] ?? [])
      const cursors = inView.map((row) => pages.find(({ last }) => last && order(row, last) <= 0)?.cursor)
      return Promise.all([...new Set([undefined, ...cursors])].map((cursor) => readPage(limit, cursor)))
    },
    take({ data, next_cursor, count: counted }) {
      const last = data.map(readRow).at(-1)
      if (asking === undefined) pages = []
      pages.push({ cursor: asking, last })
      next = next_cursor ?? undefined
      count.value = counted
      edge.value = next_cursor === null ? null : (last ?? null)
    },
    restart(changed) {
      version++
      filter.value = changed
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
