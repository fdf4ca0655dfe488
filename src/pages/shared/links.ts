import { findAddressEnd } from './address-end.js'

/** A piece of a text: as it is, or as a link. */
export interface Piece {
  text: string
  href?: string
}

const BEGINNING = /https?:\/\//giu

/**
 * Finds the web addresses in a text. Nothing but http and https becomes a link. The time follows the length of the text,
 * whatever it holds: no character is looked at more than a few times.
 */
export function findLinks(text: string): Piece[] {
  const pieces: Piece[] = []
  const beginning = new RegExp(BEGINNING)
  let end = 0
  for (let found = beginning.exec(text); found !== null; found = beginning.exec(text)) {
    const { linkEnd, scanEnd } = findAddressEnd(text, found.index, beginning.lastIndex)
    beginning.lastIndex = scanEnd
    const address = text.slice(found.index, linkEnd)
    const href = linkEnd > found.index + found[0].length ? readWebAddress(address) : undefined
    if (href === undefined) continue
    if (found.index > end) pieces.push({ text: text.slice(end, found.index) })
    pieces.push({ text: address, href })
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
