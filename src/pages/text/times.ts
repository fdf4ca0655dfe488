import { formatDay, formatDaysAgo, formatLength, formatNow, formatShortDay, formatTime } from '../languages/formats.js'
import { startOfDay, today } from './clock.js'

const DAY_MS = 86_400_000

/** Messages newer than the last update of the current day count as today, not as tomorrow. */
const daysAgo = (at: Date) => Math.max(0, Math.round((today.value - startOfDay(at)) / DAY_MS))

/** Whether two times are on the same day in the user's time zone. */
export const isSameDay = (one: string, other: string) => startOfDay(new Date(one)) === startOfDay(new Date(other))

const isOtherYear = (at: Date) => at.getFullYear() !== new Date(today.value).getFullYear()

/** A date, with its year unless that is the current one. */
export const showDate = (at: Date) => formatShortDay(at, isOtherYear(at))

export const showTime = (iso: string) => formatTime(new Date(iso))

export function showDay(iso: string): string {
  const at = new Date(iso)
  const ago = daysAgo(at)
  return ago === 0 || ago === 1 ? formatDaysAgo(ago) : formatDay(at, isOtherYear(at))
}

/** The time of day for today, otherwise the date. */
export const showBriefly = (iso: string) => (daysAgo(new Date(iso)) === 0 ? showTime(iso) : showDate(new Date(iso)))

/** A duration in one unit. */
export function showSpan(sinceIso: string, nowMs: number): string {
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(sinceIso)) / 60_000))
  if (minutes < 1) return formatNow()
  if (minutes < 60) return formatLength(minutes, 'minute')
  return minutes < 2880
    ? formatLength(Math.floor(minutes / 60), 'hour')
    : formatLength(Math.floor(minutes / 1440), 'day')
}
