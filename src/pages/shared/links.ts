/** A piece of a text: as it is, or as a link. */
export interface Piece {
  text: string
  href?: string
}

/** No white space, no quotes, and nothing that would show the address in another order than it has. */
const ADDRESS = /https?:\/\/[^\s<>"'\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/giu
/** What rather ends the sentence than the address. */
const SENTENCE_END = /[.,;:!?)\]}]+$/

/** Finds the web addresses in a text. Nothing but http and https becomes a link. */
export function findLinks(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = found.replace(SENTENCE_END, '')
    const href = readWebAddress(address)
    if (href === undefined) continue
    if (index > end) pieces.push({ text: text.slice(end, index) })
    pieces.push({ text: address, href })
    end = index + address.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

/** The address as the browser would go to it; undefined when it is no web address. */
export function readWebAddress(address: string): string | undefined {
  try {
    const { protocol, href } = new URL(address)
    return protocol === 'http:' || protocol === 'https:' ? href : undefined
  } catch {
    return undefined
  }
}

/** What to call a file by its address. */
export function nameFile(href: string): string {
  const name = new URL(href).pathname.split('/').at(-1) ?? ''
  try {
    return showable(decodeURIComponent(name)) || new URL(href).host
  } catch {
    return name
  }
}

/** Without what is invisible or turns the order of what follows; empty when nothing is left to be seen. */
export const showable = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu, '').trim()
