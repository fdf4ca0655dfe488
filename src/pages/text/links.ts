import { findAddressEnd } from './address-end.js'

/** A piece of a text: as it is, or as a link. */
export interface Piece {
  text: string
  href?: string
}

const BEGINNING = /https?:\/\//giu
/**
 * Begins like the name of a host, perhaps behind the name of a user. Whether there can be such a host is for the browser to
 * say: asking `URL` takes up to 20 µs for each of a thousand addresses.
 */
const HOST = /^(?:[^/?#@]*@)?[\p{L}\p{N}[]/u

/**
 * Finds the web addresses in a text. Nothing but http and https becomes a link. The time follows the length of the text,
 * whatever it holds: no character is looked at more than a few times.
 */
export function findLinks(text: string): Piece[] {
  const pieces: Piece[] = []
  const beginning = new RegExp(BEGINNING)
  let end = 0
  for (let found = beginning.exec(text); found !== null; found = beginning.exec(text)) {
    const { linkEnd, scanEnd } = findAddressEnd(text, beginning.lastIndex)
    const hasHost = HOST.test(text.slice(beginning.lastIndex, linkEnd))
    beginning.lastIndex = scanEnd
    if (!hasHost) continue
    if (found.index > end) pieces.push({ text: text.slice(end, found.index) })
    const address = text.slice(found.index, linkEnd)
    pieces.push({ text: address, href: address })
    end = linkEnd
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
