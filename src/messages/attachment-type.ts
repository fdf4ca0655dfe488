import { lookup } from 'mime-types'

const UNKNOWN = 'application/octet-stream'

/** A type and a subtype, and perhaps parameters. */
const MIME_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;.*)?$/

/** The MIME type that the extension in a URL's path names, else `application/octet-stream`; empty for no URL. */
export function guessAttachmentType(url: string): string {
  if (url === '') return ''
  const { pathname } = new URL(url)
  // Without a slash before it, `png` itself would count as an extension.
  return lookup(pathname.slice(pathname.lastIndexOf('/'))) || UNKNOWN
}

/** The type of an attachment: the given one, or a guess where that is no MIME type. Earlier versions accepted any text. */
export const readAttachmentType = (url: string, given: string) =>
  url !== '' && MIME_TYPE.test(given) ? given : guessAttachmentType(url)

/** Whether a repeated send has the type of the first one. An earlier version may have stored what is no MIME type. */
export const isSameAttachmentType = (url: string, repeated: string, stored: string) =>
  repeated === readAttachmentType(url, stored)
