import { Type } from '@sinclair/typebox'
import { toUtc } from '../database/sql.js'
import { invalidInput } from '../errors/request-error.js'

export const TimezoneSchema = Type.String({
  default: 'UTC',
  maxLength: 64,
  format: 'text',
  description: 'A name of the IANA time zone database.',
  examples: ['Europe/Berlin'],
})

/** Offsets such as `+02:00` are no names; PostgreSQL would read them the other way round. */
const NAME = /^[a-z][\w+/-]*$/i

export const unknownTimezone = () => invalidInput([{ field: 'timezone', message: 'is not an IANA time zone' }])

/** @throws RequestError 400 for a name that is none */
export function requireTimezone(name: string): void {
  try {
    if (NAME.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '') return
  } catch {
    // RangeError: there is no such zone.
  }
  throw unknownTimezone()
}

/** Every change of an offset since 1972 is at a quarter of an hour. */
const QUARTER_MS = 900_000

/**
 * Creates a function that writes moments, in milliseconds since the epoch, as a clock in a time zone shows them, with the
 * offset: `2026-11-25T19:45:10.123+01:00`. The offset is looked up once for each quarter of an hour.
 */
export function createLocalClock(timeZone: string): (epochMs: number) => string {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  let quarter = NaN
  let offset = { ms: 0, text: '+00:00' }
  return (epochMs) => {
    const current = Math.floor(epochMs / QUARTER_MS)
    if (current !== quarter) {
      quarter = current
      offset = readOffset(format.format(quarter * QUARTER_MS))
    }
    return toUtc(epochMs + offset.ms).replace('Z', offset.text)
  }
}

function readOffset(formatted: string): { ms: number; text: string } {
  const [, sign = '+', hours = '00', minutes = '00'] = /GMT([+-])(\d\d):(\d\d)/.exec(formatted) ?? []
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000
  return { ms: sign === '-' ? -ms : ms, text: `${sign}${hours}:${minutes}` }
}
