/** Everything but what RFC 8187 allows in an extended value. */
const encodeExtended = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** Control characters, what turns text around, and what separates folders. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const unsafe = /[\0-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/g

/** Proxies and clients limit a header to some KiB, and file systems a name to 255 bytes or characters. */
const MOST_ENCODED = 1000
const MOST_CHARACTERS = 255
const LONGEST_ENDING = 16

/** Shortens the stem of a name until the whole of it is short enough, encoded, too. */
function shorten(name: string): string {
  const dot = name.lastIndexOf('.')
  const hasEnding = dot > 0 && name.length - dot <= LONGEST_ENDING
  const [stem, ending] = hasEnding ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  let encoded = encodeExtended(ending).length
  let kept = ''
  for (const character of stem) {
    encoded += encodeExtended(character).length
    if (encoded > MOST_ENCODED || kept.length + character.length + ending.length > MOST_CHARACTERS) break
    kept += character
  }
  return kept + ending
}

/**
 * A `Content-Disposition` header, RFC 6266, for any name: in ASCII for old clients, and whole. A name that would show
 * another ending than it has, or lead out of a folder, loses what does that; a long one loses the end of its stem.
 */
export function createDisposition(kind: 'inline' | 'attachment', name: string): string {
  const safe = shorten(name.replaceAll(unsafe, '_').replace(/^\.+/, '_').toWellFormed())
  const ascii = safe.replaceAll(/[^\x20-\x7e]|["%;]/g, '_')
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encodeExtended(safe)}`
}
