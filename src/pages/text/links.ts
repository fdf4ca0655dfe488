import { findAddressEnd } from './address-end.js'

/** A piece of a text: plain, or a link. */
export interface Piece {
  text: string
  href?: string
}

const BEGINNING = /https?:\/\//giu
/**
 * Matches the start of a host name, optionally after a user name. `URL` decides whether the host is valid, which takes up to
 * 20 µs for each of a thousand addresses.
 */
const HOST = /^(?:[^/?#@]*@)?[\p{L}\p{N}[]/u

/**
 * Finds the web addresses in a text. Only http and https become links. The time is linear in the length of any text: each
 * character is read a few times at most.
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

/** The normalized URL; undefined if it is not a web address. */
export function readWebAddress(address: string): string | undefined {
  try {
    const { protocol, href } = new URL(address)
    return protocol === 'http:' || protocol === 'https:' ? href : undefined
  } catch {
    return undefined
  }
}

/** A display name for the file at a URL. */
export function nameFile(href: string): string {
  const name = new URL(href).pathname.split('/').at(-1) ?? ''
  try {
    return showable(decodeURIComponent(name)) || new URL(href).host
  } catch {
    return name
  }
}

/** Removes invisible characters and direction marks; empty if nothing visible is left. */
export const showable = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu, '').trim()
