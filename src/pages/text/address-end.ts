/*
 * Finds the end of a web address in a text, in one pass over its characters. Two libraries find links of any kind. With texts
 * of 10,000 characters that are built to be slow, linkify-it 6.1 takes up to 10 ms, and ends an address at an en dash;
 * linkifyjs 4.4 takes up to 12 ms, and treats `。` as part of the address. Gzipped they are 4.7 and 10.6 KB.
 */

/**
 * Characters that end an address: white space, quotes, invisible characters and direction marks, and Chinese and Japanese
 * punctuation in full and half width. 々〆〇 are letters.
 */
const NEVER =
  /[\s\p{Cc}<>"`«»‹›„“”\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u3000-\u3004\u3008-\u3020\u3030\u303d\u30fb\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee]/u
/** Punctuation of any script that probably ends the sentence, not the address. */
const SENTENCE_END = /[.,;:!?'‘’…،؛؟۔।՝։]/
/** Characters that a host name cannot contain (WHATWG URL, forbidden host code points). */
const NEVER_IN_HOST = '(){}\\^|%'
const PATH_BEGINNING = '/?#'
const OPENING = '([{'
const CLOSING = ')]}'

export interface AddressEnd {
  /** The index after the last character of the address. */
  linkEnd: number
  /** The index after the last character that was read. No other address begins before it. */
  scanEnd: number
}

/** `hostStart`: the index after the `//` of the address. */
export function findAddressEnd(text: string, hostStart: number): AddressEnd {
  /** The indexes of open brackets, by kind. */
  const open: number[][] = [[], [], []]
  let isInHost = true
  let scanEnd = hostStart
  for (; scanEnd < text.length; scanEnd++) {
    const code = text.charCodeAt(scanEnd)
    if (isLetterOrDigit(code)) continue
    const character = String.fromCharCode(code)
    if (NEVER.test(character) || (isInHost && NEVER_IN_HOST.includes(character))) break
    if (isInHost && PATH_BEGINNING.includes(character)) isInHost = false
    const [opens, closes] = [OPENING.indexOf(character), CLOSING.indexOf(character)]
    if (opens >= 0) open[opens]?.push(scanEnd)
    // A bracket without an opening one belongs to the text around the address.
    if (closes >= 0 && open[closes]?.pop() === undefined) break
  }
  const unclosed = Math.min(scanEnd, ...open.map(([first = scanEnd]) => first))
  return { linkEnd: trimEnd(text, hostStart, unclosed), scanEnd }
}

/** A fast path for ASCII letters and digits, which make up most of an address. */
const isLetterOrDigit = (code: number) =>
  (code > 96 && code < 123) || (code > 64 && code < 91) || (code > 47 && code < 58)

function trimEnd(text: string, start: number, end: number): number {
  while (end > start && SENTENCE_END.test(String.fromCharCode(text.charCodeAt(end - 1)))) end--
  return end
}
