import { currentTag } from './language.js'

/** Creates an `Intl` formatter on first use, when the language is known, and caches it: creating one is slow. */
function once<Format>(make: (tag: string) => Format): () => Format {
  let made: Format | undefined
  return () => (made ??= make(currentTag()))
}

const numbers = once((tag) => new Intl.NumberFormat(tag))
const plurals = once((tag) => new Intl.PluralRules(tag))
const relative = once((tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }))
const time = once((tag) => new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit' }))
const dayParts = { weekday: 'long', day: 'numeric', month: 'long' } as const
const shortDayParts = { day: 'numeric', month: 'short' } as const
const day = once((tag) => new Intl.DateTimeFormat(tag, dayParts))
const dayOfYear = once((tag) => new Intl.DateTimeFormat(tag, { ...dayParts, year: 'numeric' }))
const shortDay = once((tag) => new Intl.DateTimeFormat(tag, shortDayParts))
const shortDayOfYear = once((tag) => new Intl.DateTimeFormat(tag, { ...shortDayParts, year: 'numeric' }))

export const formatNumber = (number: number): string => numbers().format(number)
export const pluralForm = (count: number): Intl.LDMLPluralRule => plurals().select(count)
export const formatTime = (at: Date): string => time().format(at)
export const formatDay = (at: Date, hasYear: boolean): string => (hasYear ? dayOfYear() : day()).format(at)
export const formatShortDay = (at: Date, hasYear: boolean): string =>
  (hasYear ? shortDayOfYear() : shortDay()).format(at)

/** "Today", "Yesterday": capitalized, for titles. */
export function formatDaysAgo(days: number): string {
  const [first = '', ...rest] = relative().format(-days, 'day')
  return first.toLocaleUpperCase(currentTag()) + rest.join('')
}

export const formatNow = (): string => relative().format(0, 'second')

/** "5 min", "3 h": a duration in one abbreviated unit. */
export const formatLength = (length: number, unit: 'minute' | 'hour' | 'day'): string =>
  new Intl.NumberFormat(currentTag(), { style: 'unit', unit, unitDisplay: 'short' }).format(length)

/** A count, capped: `99+` for counts above a cap of 99. */
export const formatCapped = (count: number, cap: number): string =>
  count > cap ? `${formatNumber(cap)}+` : formatNumber(count)

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte']

/** "340 byte", "1.2 MB": the largest unit that gives at least 1; below 10, at most one decimal place, but none for bytes. */
export function formatBytes(bytes: number): string {
  const step = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** step
  return new Intl.NumberFormat(currentTag(), {
    style: 'unit',
    unit: BYTE_UNITS[step] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value)
}
