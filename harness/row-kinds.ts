/** What a value of a row is, in the words that a promised type is described with. */
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

/** The kinds of the values that a column has held, and some of its texts. */
export type ColumnsSeen = Record<string, { kinds: Kind[]; texts: string[] }>

/** By the line that promises the type of the rows, as `src/some/file.ts:12`. */
export type SitesSeen = Record<string, ColumnsSeen>

export function kindOf(value: unknown): Kind {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value !== 'object') return typeof value
  const { constructor } = value
  return constructor === Object ? 'object' : constructor.name
}
