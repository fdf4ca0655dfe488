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

/** Whether a session passes, but for its tags: those of a session that was told live are not known yet. */
export function mayPass(filter: ListFilter, { store_id, status, admin_id, created }: Row['session']): boolean {
  const { from, to, ...query } = toQuery(filter)
  return (
    (query.store_id === undefined || query.store_id === store_id) &&
    (query.status === undefined || query.status === status) &&
    (query.admin_id === undefined || query.admin_id === admin_id) &&
    (from === undefined || created >= from) &&
    (to === undefined || created < to)
  )
}

export const passes = (filter: ListFilter, { session, tags }: Row): boolean =>
  mayPass(filter, session) && (filter.tag === undefined || tags.includes(filter.tag))

export const isFiltered = (filter: ListFilter): boolean => Object.keys(filter).length > 0
