/** Percent-encodes every character that RFC 8187 does not allow in an extended value. */
const encodeExtended = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** Control characters, characters that change the direction of text, and path separators. */
// oxlint-disable-next-line no-control-regex -- matches them on purpose
const unsafe = /[\0-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/g

/** Proxies and clients limit a header to a few KiB. File systems limit a name to 255 bytes or characters. */
const MAX_ENCODED_LENGTH = 1000
const MAX_LENGTH = 255
const MAX_EXTENSION_LENGTH = 16

/** Shortens the stem of a name until the name is short enough, plain and encoded. */
function shorten(name: string): string {
  const dot = name.lastIndexOf('.')
  const hasExtension = dot > 0 && name.length - dot <= MAX_EXTENSION_LENGTH
  const [stem, extension] = hasExtension ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  let encoded = encodeExtended(extension).length
  let kept = ''
  for (const character of stem) {
    encoded += encodeExtended(character).length
    if (encoded > MAX_ENCODED_LENGTH || kept.length + character.length + extension.length > MAX_LENGTH) break
    kept += character
  }
  return kept + extension
}

/**
 * Creates a `Content-Disposition` header (RFC 6266) with two forms of the name: ASCII for old clients, and the full
 * one. Characters that could disguise the extension or lead to another folder are replaced by `_`. A long name loses
 * the end of its stem.
 */
export function createDisposition(kind: 'inline' | 'attachment', name: string): string {
  const safe = shorten(name.replaceAll(unsafe, '_').replace(/^\.+/, '_').toWellFormed())
  const ascii = safe.replaceAll(/[^\x20-\x7e]|["%;]/g, '_')
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encodeExtended(safe)}`
}
