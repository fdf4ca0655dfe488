import type { SessionFilter, SessionStatus } from '../../../../client/index.js'
import type { Row } from './rows.js'

export const listNames = ['waiting', 'own', 'closed', 'all'] as const
export type ListName = (typeof listNames)[number]

/** Which sessions of a list are shown. Days are those of the person's time zone, as `2026-11-25`. */
export interface ListFilter {
  tag?: string
  status?: SessionStatus
  adminId?: number
  fromDay?: string
  toDay?: string
}

/** A filter as it was kept; another version of the page may have written it. */
export function readFilter(value: unknown): ListFilter {
  const { tag, status, adminId, fromDay, toDay } = (value ?? {}) as Record<keyof ListFilter, unknown>
  return {
    ...(typeof tag === 'string' && { tag }),
    ...((status === 'open' || status === 'claimed' || status === 'closed') && { status }),
    ...(typeof adminId === 'number' && { adminId }),
    ...(isDay(fromDay) && { fromDay }),
    ...(isDay(toDay) && { toDay }),
  }
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
export function toQuery({ tag, status, adminId, fromDay, toDay }: ListFilter): SessionFilter {
  return {
    ...(tag !== undefined && { tag }),
    ...(status !== undefined && { status }),
    ...(adminId !== undefined && { admin_id: adminId }),
    ...(fromDay !== undefined && { from: startOf(fromDay).toISOString() }),
    ...(toDay !== undefined && { to: endOf(toDay).toISOString() }),
  }
}

/** Whether a session passes, but for its tags: those of a session that was told live are not known yet. */
export function mayPass(filter: ListFilter, { status, admin_id, created }: Row['session']): boolean {
  const { from, to, ...query } = toQuery(filter)
  return (
    (query.status === undefined || query.status === status) &&
    (query.admin_id === undefined || query.admin_id === admin_id) &&
    (from === undefined || created >= from) &&
    (to === undefined || created < to)
  )
}

export const passes = (filter: ListFilter, { session, tags }: Row): boolean =>
  mayPass(filter, session) && (filter.tag === undefined || tags.includes(filter.tag))

export const isFiltered = (filter: ListFilter): boolean => Object.keys(filter).length > 0
