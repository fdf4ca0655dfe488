import { randomBytes } from 'node:crypto'

/** 128 random bits: whoever knows the URL may read the file. */
const ID_BYTES = 16
const FILE_PATH = /\/v1\/chat\/files\/([\w-]{22})\/[^/]*\/?$/
/** In UTF-16 code units. Each takes up to nine characters of the URL, which has 2,048 at most. */
const MAX_NAME_LENGTH = 80

export const createFileId = () => randomBytes(ID_BYTES).toString('base64url')

/**
 * Creates the URL of a file. Its name is there for people only: it is shortened, and all but letters, digits and `. _
 * -` is replaced.
 */
export function createFileUrl(publicUrl: string, { id, name }: { id: string; name: string }): string {
  return `${publicUrl}/v1/chat/files/${id}/${encodeURIComponent(simplifyName(name))}`
}

function simplifyName(name: string): string {
  const dot = name.lastIndexOf('.')
  const [stem, extension] = [name.slice(0, dot), name.slice(dot)]
  const simple = stem
    .normalize()
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '_')
    .replace(/^[._]+/, '')
    .slice(0, MAX_NAME_LENGTH - extension.length)
  return `${simple.toWellFormed() || 'file'}${extension}`
}

/** Reads the id of a file from the path of a URL, whatever its host. Returns undefined for any other URL. */
export function readFileId(url: string): string | undefined {
  // Most messages have no attachment, or one from elsewhere.
  if (url === '' || !URL.canParse(url)) return undefined
  try {
    // The router decodes each part of a path, and browsers drop dots and turn backslashes.
    const path = new URL(url).pathname.split('/').map(decodeURIComponent).join('/')
    return FILE_PATH.exec(path)?.[1]
  } catch {
    return undefined
  }
}
