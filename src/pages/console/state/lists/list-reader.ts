import { batch, effect, signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, ListedSession, Store } from '../../../../client/index.js'
import { describeError } from '../../../shared/describe-error.js'
import { retryLimited } from '../../../shared/retry-limited.js'
import type { DeskLists } from './desk-lists.js'
import type { ListFilter, ListName } from './list-filter.js'
import type { RowMap } from './row-map.js'
import { readRow } from './rows.js'
import type { UnreadMarks } from './unread-marks.js'

/** Events arrive in groups, so one read serves all events within this time. */
const COALESCE_MS = 300
const RETRY_MS = 5000
const PAGE = 100
/** With more incomplete sessions, reading the lists again is cheaper than reading each session. */
const MOST_SINGLE = 5

interface Parts {
  client: AdminClient
  map: RowMap
  lists: DeskLists
  /** The name of the shown list. */
  shown: ReadonlySignal<ListName>
  stores: Map<number, Store>
  unread: UnreadMarks
  ownId: ReadonlySignal<number | undefined>
}

/** Reads sessions over HTTP: first and further pages of the lists, and single new sessions. */
export interface ListReader {
  /** The error of the last read, which is retried. */
  problem: ReadonlySignal<string | undefined>
  /** Whether the lists are being read from the start. An event may then concern a session that is about to arrive. */
  isReading(): boolean
  /** Reads the lists from the start. A newer call supersedes one in progress. */
  reread(): void
  /** Drops reads in progress, and schedules `reread`. */
  rereadSoon(): void
  /** Schedules a read of a session that is only partly known. */
  completeSoon(sessionId: number): void
  /** Reads the next page of a list. Calls during a read do nothing. */
  readMore(name: ListName): void
  /** Reads the rest of a list, as far as it goes. Resolves early when a read fails. */
  readRest(name: ListName): Promise<void>
  /** Reads the first page of a list again, and the pages in view, for changes that no event reports. */
  refresh(name: ListName): void
  /** Sets the filter of a list and reads it again. */
  setFilter(name: ListName, filter: ListFilter): void
  close(): void
}

export function createListReader({ client, map, lists, shown, stores, unread, ownId }: Parts): ListReader {
  const problem = signal<string>()
  const incomplete = new Set<number>()
  const busy = new Map<ListName, Promise<void>>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const isReading = signal(false)
  let isOutdated = false
  let turns = 0

  const wants = (row: ReturnType<typeof readRow>) => Object.values(lists).some((list) => list.wants(row))

  function takeRows(listed: readonly ListedSession[], since: number, take: RowMap['merge']): void {
    for (const { store } of listed) stores.set(store.id, store)
    take(listed.map(readRow), since)
  }

  function completeSoon(sessionId: number): void {
    incomplete.add(sessionId)
    scheduleRead()
  }

  function scheduleRead(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      const ids = [...incomplete]
      incomplete.clear()
      if (isReading.peek()) ids.forEach(completeSoon)
      else if (isOutdated || ids.length > MOST_SINGLE || ownId.value === undefined) void reread()
      else for (const id of ids) void complete(id)
    }, COALESCE_MS)
  }

  async function complete(sessionId: number): Promise<void> {
    // The service refuses the read if another admin has claimed the session meanwhile. An event reports that.
    const [turn, since] = [turns, map.mark()]
    const answer = await retryLimited(() => client.session(sessionId)).catch(() => undefined)
    if (answer === undefined || turn !== turns) return
    const { messages, ...session } = answer
    const listed = { ...session, last_message: messages.at(-1) ?? null }
    if (!map.rows.value.has(sessionId) && !wants(readRow(listed))) return
    takeRows([listed], since, map.merge)
    unread.count(session, messages)
  }

  async function reread(): Promise<void> {
    const [turn, since] = [++turns, map.mark()]
    isReading.value = true
    isOutdated = false
    const asked = [...new Set<ListName>(['waiting', 'own', shown.value])].map((name) => lists[name])
    try {
      const pages = await Promise.all(asked.map((list) => retryLimited(() => list.ask('start', PAGE))))
      if (turn !== turns) return
      const listed = pages.flatMap((page) => page?.data ?? [])
      batch(() => {
        takeRows(listed, since, map.replace)
        for (const list of Object.values(lists)) if (!asked.includes(list)) list.restart(list.filter.value)
        for (const [place, page] of pages.entries()) if (page) asked[place]?.take(page)
        problem.value = undefined
      })
      void readUnread(listed, turn)
    } catch (error) {
      if (turn !== turns) return
      problem.value = describeError(error)
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        void reread()
      }, RETRY_MS)
    } finally {
      if (turn === turns) isReading.value = false
    }
  }

  function readPage(name: ListName, from: 'start' | 'next'): Promise<void> {
    const running = busy.get(name)
    if (running !== undefined && from === 'next') return running
    const reading = readPageNow(name, from).finally(() => {
      if (busy.get(name) === reading) busy.delete(name)
    })
    busy.set(name, reading)
    return reading
  }

  async function readPageNow(name: ListName, from: 'start' | 'next'): Promise<void> {
    const [turn, since, list] = [turns, map.mark(), lists[name]]
    try {
      const page = await retryLimited(() => list.ask(from, PAGE))
      if (page === undefined || turn !== turns) return
      batch(() => {
        takeRows(page.data, since, map.merge)
        list.take(page)
        problem.value = undefined
      })
      if (name === 'own') void readUnread(page.data, turn)
    } catch (error) {
      if (turn !== turns) return
      problem.value = describeError(error)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      if (from === 'start' && turn === turns && !list.isLoaded.value) void readPage(name, from)
    }
  }

  async function readRest(name: ListName): Promise<void> {
    const { isLoaded, isComplete, rows } = lists[name]
    for (let before = -1; isLoaded.value && !isComplete.value && rows.value.length > before;) {
      before = rows.value.length
      await readPage(name, 'next')
    }
  }

  async function refresh(name: ListName): Promise<void> {
    if (busy.has(name) || isReading.peek() || !lists[name].isLoaded.value) return
    const [turn, since] = [turns, map.mark()]
    const pages = await lists[name].askAgain(PAGE).catch(() => [])
    const listed = pages.flatMap(({ data }) => data)
    if (turn === turns) takeRows(listed, since, map.merge)
  }

  async function readUnread(listed: readonly ListedSession[], turn: number): Promise<void> {
    for (const session of listed) {
      if (!unread.mayHave(session)) continue
      // The service refuses the read of a session that was transferred meanwhile. It no longer counts.
      const read = () => client.history({ session_id: session.id, limit: PAGE })
      const page = await retryLimited(read).catch(() => undefined)
      if (turn !== turns) return
      unread.count(session, page?.data ?? [])
    }
  }

  const stop = effect(() => {
    const name = shown.value
    // `reread` always reads the other lists.
    const isElsewhere = name === 'closed' || name === 'all'
    // A list that is shown or filtered during `reread` is read after it.
    if (!isReading.value && isElsewhere && ownId.value !== undefined && !lists[name].isLoaded.value) {
      void readPage(name, 'start')
    }
  })

  return {
    problem,
    isReading: () => isReading.peek(),
    reread: () => void reread(),
    rereadSoon() {
      turns++
      isReading.value = false
      isOutdated = true
      scheduleRead()
    },
    completeSoon,
    readMore(name) {
      if (lists[name].isLoaded.value) void readPage(name, 'next')
    },
    readRest,
    refresh: (name) => void refresh(name),
    setFilter(name, filter) {
      lists[name].restart(filter)
      if (name === 'waiting' || name === 'own') void readPage(name, 'start')
    },
    close() {
      stop()
      clearTimeout(timer)
    },
  }
}
