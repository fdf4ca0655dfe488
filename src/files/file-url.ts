import { randomBytes } from 'node:crypto'

/** 128 random bits: whoever has the address may read the file, like with any link. */
const ID_BYTES = 16
const FILE_PATH = /\/v1\/chat\/files\/([\w-]{22})\/[^/]*\/?$/
/** The router takes parameters of up to 100 UTF-16 units. */
const LONGEST_NAME = 80

export const createFileId = () => randomBytes(ID_BYTES).toString('base64url')

/** The address of a file. Its name is there for people: it is shortened, and only letters, digits and `. _ -` stay. */
export function createFileUrl(publicUrl: string, { id, name }: { id: string; name: string }): string {
  return `${publicUrl}/v1/chat/files/${id}/${encodeURIComponent(simplifyName(name))}`
}

function simplifyName(name: string): string {
  const dot = name.lastIndexOf('.')
  const [stem, ending] = [name.slice(0, dot), name.slice(dot)]
  const simple = stem
    .normalize()
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '_')
    .replace(/^[._]+/, '')
    .slice(0, LONGEST_NAME - ending.length)
  return `${simple.toWellFormed() || 'file'}${ending}`
}

/** The file that an address may be of, by its path alone; undefined when it is none of a file. */
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
