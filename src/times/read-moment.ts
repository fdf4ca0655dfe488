import { Type } from '@sinclair/typebox'
import { invalidInput } from '../errors/request-error.js'

/** A moment in a query. */
export const MomentSchema = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', description, examples: ['2026-01-01T00:00:00Z'] }))

/** The moments that PostgreSQL and the wire have in common; what lies beyond is as good as its end. */
export const EARLIEST_MS = 0
export const LATEST_MS = Date.UTC(9999, 11, 31)

/**
 * Reads a moment that the schema has let through.
 * @throws RequestError 400 for one that no clock shows, such as a leap second
 */
export function readMoment(field: string, text: string): Date {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw invalidInput([{ field, message: 'is not a moment' }])
  return new Date(Math.min(Math.max(ms, EARLIEST_MS), LATEST_MS))
}
