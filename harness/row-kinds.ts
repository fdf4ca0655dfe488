/** The kind of a value, in the words by which the declared types are described. */
export type Kind =
  | 'array'
  | 'bigint'
  | 'boolean'
  | 'bytes'
  | 'null'
  | 'number'
  | 'object'
  | 'string'
  | 'undefined'
  | (string & {})

/** The kinds of values that each column has had, and some of its texts. */
export type ColumnsSeen = Record<string, { kinds: Kind[]; texts: string[] }>

/** Columns by the source line that declares the type of their rows, such as `src/some/file.ts:12`. */
export type SitesSeen = Record<string, ColumnsSeen>

export function kindOf(value: unknown): Kind {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value !== 'object') return typeof value
  const { constructor } = value
  return constructor === Object ? 'object' : constructor.name
}
