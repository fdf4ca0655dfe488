import { invalidInput } from '../../errors/request-error.js'
import { MAX_TAG_LENGTH } from '../../protocol/schemas/desk.js'

/** Control characters, and what else ends a line. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/u

/**
 * Converts tags to the one spelling in which they are stored: without white space around them, composed, in lower case,
 * sorted, each once.
 * @throws RequestError 400 that names the tags which are empty, too long, or hold control characters
 */
export function normalizeTags(tags: string[]): string[] {
  return [...new Set(tags.map((tag, place) => normalizeTag(tag, `tags.${place}`)))].toSorted()
}

/** Converts one tag, as `normalizeTags` does. `field` is what a refusal names. */
export function normalizeTag(tag: string, field = 'tag'): string {
  const normal = tag.trim().normalize('NFC').toLowerCase()
  const { length } = Array.from(normal)
  if (length === 0) throw invalidInput([{ field, message: 'must not be empty' }])
  if (length > MAX_TAG_LENGTH)
    throw invalidInput([{ field, message: `must have at most ${MAX_TAG_LENGTH} characters` }])
  if (UNPRINTABLE.test(normal)) throw invalidInput([{ field, message: 'must not hold control characters' }])
  return normal
}
