import { invalidInput } from '../../errors/request-error.js'
import { MAX_TAG_LENGTH } from '../../protocol/schemas/desk.js'

/** Control characters and line separators. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/u

/**
 * Converts tags to the one spelling in which they are stored: without white space around them, composed, in lower case,
 * sorted, each once.
 * @throws RequestError 400 for the first tag that is empty, too long, or contains control characters
 */
export function normalizeTags(tags: string[]): string[] {
  return [...new Set(tags.map((tag, index) => normalizeTag(tag, `tags.${index}`)))].toSorted()
}

/** Converts one tag, as `normalizeTags` does. A refusal names `field`. */
export function normalizeTag(tag: string, field = 'tag'): string {
  const normal = tag.trim().normalize('NFC').toLowerCase()
  const { length } = Array.from(normal)
  if (length === 0) throw invalidInput([{ field, message: 'must not be empty' }])
  if (length > MAX_TAG_LENGTH)
    throw invalidInput([{ field, message: `must have at most ${MAX_TAG_LENGTH} characters` }])
  if (UNPRINTABLE.test(normal)) throw invalidInput([{ field, message: 'must not contain control characters' }])
  return normal
}
