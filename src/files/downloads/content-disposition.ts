/** Everything but what RFC 8187 allows in an extended value. */
const encodeExtended = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** Control characters, what turns text around, and what separates folders. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const unsafe = /[\0-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/g

/**
 * A `Content-Disposition` header, RFC 6266, for any name: in ASCII for old clients, and whole. A name that would show
 * another ending than it has, or lead out of a folder, loses what does that.
 */
export function createDisposition(kind: 'inline' | 'attachment', name: string): string {
  const safe = name.replaceAll(unsafe, '_').replace(/^\.+/, '_').toWellFormed()
  const ascii = safe.replaceAll(/[^\x20-\x7e]|["%;]/g, '_')
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encodeExtended(safe)}`
}
