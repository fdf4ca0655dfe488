import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const suffixes = { br: '.br', gzip: '.gz', identity: '' } as const
export type Encoding = keyof typeof suffixes

/** A file of the pages, in every encoding that it is sent in. */
export interface PageFile {
  /** Where it is served. `index.html` is its folder. */
  path: string
  type: string
  etag: string
  bodies: Record<Encoding, Buffer>
}

/** Reads what the build has left in a folder, compressed already. They are few and small, so they stay in memory. */
export async function readPageFiles(folder: string): Promise<PageFile[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => extname(name) in types)
  return Promise.all(names.sort().map((name) => readPageFile(folder, name)))
}

async function readPageFile(folder: string, name: string): Promise<PageFile> {
  const read = (encoding: Encoding) => readFile(join(folder, name + suffixes[encoding]))
  const [br, gzip, identity] = await Promise.all([read('br'), read('gzip'), read('identity')])
  return {
    path: `/${name.replaceAll('\\', '/').replace(/index\.html$/, '')}`,
    type: types[extname(name)] ?? '',
    // Weak: it names the file, not one of its encodings.
    etag: `W/"${createHash('sha256').update(identity).digest('base64url').slice(0, 16)}"`,
    bodies: { br, gzip, identity },
  }
}

/** The best encoding that an `Accept-Encoding` header names. */
export function chooseEncoding(accepted = ''): Encoding {
  const named = accepted.split(',').flatMap((entry) => {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
    return parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? [] : name
  })
  return (['br', 'gzip'] as const).find((encoding) => named.includes(encoding)) ?? 'identity'
}
