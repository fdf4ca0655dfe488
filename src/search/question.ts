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
 * Minuses with nothing between them that could be found: a line, or an option such as `--force`. `websearch_to_tsquery` would
 * nest them, and fails at the 33rd.
 */
const MINUSES = /(^|[\s\x85()|&!"])-[\s\x85()|&!-]*-/g

/**
 * Reads what a person has typed. Words are found as words. Without operators, what is between the spaces is also found
 * anywhere in a text, as order numbers and languages without spaces need it.
 */
export function readQuestion(text: string): Question {
  const words = text.replaceAll(DASH, '$1 ').replaceAll(MINUSES, '$1 ')
  const hasWords = words.trim() !== ''
  const parts = hasWords && OPERATOR.test(words) ? [] : splitBySpaces(hasWords ? words : text)
  // The longest one is rare, and holds the most trigrams.
  return { text: words, parts: parts.toSorted((one, other) => other.length - one.length) }
}

const splitBySpaces = (text: string) => [...new Set(text.split(/\s+/).filter((part) => part !== ''))]

/** The pattern of LIKE for texts that hold a part. */
export const toPattern = (part: string) => `%${part.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
