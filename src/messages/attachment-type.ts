import { lookup } from 'mime-types'

const UNKNOWN = 'application/octet-stream'

/** Types that were guessed before they were MIME types; rows of that time hold them. */
const formerGuesses = new Set(['image', 'video', 'audio', 'file'])

/** The MIME type that the extension in a URL's path names, else `application/octet-stream`; empty for no URL. */
export function guessAttachmentType(url: string): string {
  if (url === '') return ''
  const { pathname } = new URL(url)
  // Without a slash before it, `png` itself would count as an extension.
  return lookup(pathname.slice(pathname.lastIndexOf('/'))) || UNKNOWN
}

/** Whether a repeated send has the type of the first one. A guess equals the guess of an earlier version. */
export function isSameAttachmentType(url: string, repeated: string, stored: string): boolean {
  return repeated === stored || (formerGuesses.has(stored) && repeated === guessAttachmentType(url))
}
