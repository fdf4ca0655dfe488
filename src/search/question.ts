/** What is asked for. */
export interface Question {
  /** For `websearch_to_tsquery`. */
  text: string
  /** Texts that a message may hold instead of the words, all of them, in any case. Empty for a text with operators. */
  parts: string[]
}

/** Quotation marks, a minus before a word, and `or`: operators of `websearch_to_tsquery`. */
const OPERATOR = /["“”]|(^|[\s()|&!])-\S|(^|\s)or(\s|$)/i
/** A dash between words. `websearch_to_tsquery` would take it for a minus before the next word. */
const DASH = /(^|[\s()|&!])-+(?=\s|$)/g

/**
 * Reads what a person has typed. Words are found as words. Without operators, what is between the spaces is also found
 * anywhere in a text, as order numbers and languages without spaces need it.
 */
export function readQuestion(text: string): Question {
  const withoutDashes = text.replaceAll(DASH, '$1 ')
  const words = withoutDashes.trim() === '' ? text : withoutDashes
  const parts = OPERATOR.test(words) ? [] : [...new Set(words.trim().split(/\s+/))]
  // The longest one is rare, and holds the most trigrams.
  return { text: words, parts: parts.toSorted((one, other) => other.length - one.length) }
}

/** The pattern of LIKE for texts that hold a part. */
export const toPattern = (part: string) => `%${part.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
