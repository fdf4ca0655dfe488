import type { SessionFilter, SessionStatus } from '../../../../client/index.js'
import type { Row } from './rows.js'

export const listNames = ['waiting', 'own', 'closed', 'all'] as const
export type ListName = (typeof listNames)[number]

/** What has a filter: a list, or the search. */
export type FilterName = ListName | 'search'

/**
 * Which sessions of a list are shown, or which messages are searched. Days are those of the person's time zone, as
 * `2026-11-25`.
 */
export interface ListFilter {
  store?: NamedStore
  tag?: string
  status?: SessionStatus
  adminId?: number
  fromDay?: string
  toDay?: string
}

export interface NamedStore {
  id: number
  /** As it was called when it was chosen. */
  name: string
}

/** A filter as it was kept; another version of the page may have written it. */
export function readFilter(value: unknown): ListFilter {
  const { store, tag, status, adminId, fromDay, toDay } = (value ?? {}) as Record<keyof ListFilter, unknown>
  return {
    ...(isNamedStore(store) && { store: { id: store.id, name: store.name } }),
    ...(typeof tag === 'string' && { tag }),
    ...((status === 'open' || status === 'claimed' || status === 'closed') && { status }),
    ...(typeof adminId === 'number' && { adminId }),
    ...(isDay(fromDay) && { fromDay }),
    ...(isDay(toDay) && { toDay }),
  }
}

function isNamedStore(value: unknown): value is NamedStore {
  const { id, name } = (value ?? {}) as Partial<NamedStore>
  return Number.isSafeInteger(id) && typeof name === 'string'
}

const isDay = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(startOf(value).getTime())

const startOf = (day: string) => new Date(`${day}T00:00:00`)

function endOf(day: string): Date {
  const end = startOf(day)
  end.setDate(end.getDate() + 1)
  return end
}

/** The filter as the service takes it. */
export function toQuery({ store, tag, status, adminId, fromDay, toDay }: ListFilter): SessionFilter {
  return {
    ...(store !== undefined && { store_id: store.id }),
    ...(tag !== undefined && { tag }),
    ...(status !== undefined && { status }),
    ...(adminId !== undefined && { admin_id: adminId }),
    ...(fromDay !== undefined && { from: startOf(fromDay).toISOString() }),
    ...(toDay !== undefined && { to: endOf(toDay).toISOString() }),
  }
}

/** Which sessions pass a filter. */
export interface FilterTest {
  /** All but for the tags: those of a session that was told live are not known yet. */
  mayPass(session: Row['session']): boolean
  passes(row: Row): boolean
}

export function createFilterTest(filter: ListFilter): FilterTest {
  const { store_id, status, admin_id, tag, from, to } = toQuery(filter)
  const mayPass = (session: Row['session']) =>
    (store_id === undefined || store_id === session.store_id) &&
    (status === undefined || status === session.status) &&
    (admin_id === undefined || admin_id === session.admin_id) &&
    (from === undefined || session.created >= from) &&
    (to === undefined || session.created < to)
  return { mayPass, passes: ({ session, tags }) => mayPass(session) && (tag === undefined || tags.includes(tag)) }
}

export const isFiltered = (filter: ListFilter): boolean => Object.keys(filter).length > 0
