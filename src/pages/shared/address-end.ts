/*
 * Where a web address in a text ends, by one pass over its characters. linkify-it and linkifyjs, which do the same for any
 * kind of link, take full-width punctuation such as `。` for a part of the address, and need more time than this page has
 * for a text of 10,000 characters that is made to be slow.
 */

/**
 * What is no part of any address: white space, quotes, what is invisible or turns the direction, and the punctuation of
 * Chinese and Japanese in full and half width. 々〆〇 are letters.
 */
const NEVER =
  /[\s\u0000-\u001f\u007f-\u009f<>"`«»‹›„“”\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u3000-\u3004\u3008-\u3020\u3030\u303d\u30fb\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee]/u
/** What rather ends the sentence than the address, in any script. */
const SENTENCE_END = /[.,;:!?'‘’…،؛؟۔।՝։]/u
const closedBy: Record<string, string> = { ')': '(', ']': '[', '}': '{' }
const opening = Object.values(closedBy)

export interface AddressEnd {
  /** Behind the last character of the address. */
  linkEnd: number
  /** Behind the last character that was looked at. No other address begins before it. */
  scanEnd: number
}

/** `start`: where the address begins; `hostStart`: behind its `//`. */
export function findAddressEnd(text: string, start: number, hostStart: number): AddressEnd {
  /** The places of the brackets that are open, by kind. */
  const open: Record<string, number[]> = { '(': [], '[': [], '{': [] }
  let isInHost = true
  let scanEnd = hostStart
  for (; scanEnd < text.length; scanEnd++) {
    const character = text.charAt(scanEnd)
    if (NEVER.test(character)) break
    if (isInHost && '/?#'.includes(character)) isInHost = false
    const opener = closedBy[character]
    if (opening.includes(character)) {
      // Of the host only an address of IPv6 is in brackets.
      if (isInHost && (character !== '[' || scanEnd !== hostStart)) break
      open[character]?.push(scanEnd)
    } else if (opener !== undefined && open[opener]?.pop() === undefined) break
  }
  const unclosed = Math.min(scanEnd, ...Object.values(open).flatMap((places) => places.slice(0, 1)))
  return { linkEnd: trimEnd(text, start, unclosed), scanEnd }
}

function trimEnd(text: string, start: number, end: number): number {
  while (end > start && SENTENCE_END.test(text.charAt(end - 1))) end--
  return end
}
