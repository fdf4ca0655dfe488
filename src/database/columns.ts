import { channel } from 'node:diagnostics_channel'
import { Prisma } from '../generated/prisma/client.js'
import { readText, type ReadPool, type Statements } from './database.js'

/**
 * Diagnostics channel of each definition and of the rows that it reads. A test compares the rows with the type that
 * they should have.
 */
export const ROWS_CHANNEL = 'store-chat:rows'

export interface RowsSeen {
  /** Identifies the definition. */
  expressions: object
  /** Undefined in the event of the definition itself. */
  rows?: object[]
}

const rowsSeen = channel(ROWS_CHANNEL)

/**
 * Defines how rows are read: `expressions` contains the SQL of each field. All rows are sent as one JSON text with an
 * array per column. For a session with 20 messages, that costs PostgreSQL less than half of what JSON objects cost, and
 * this process about half of what rows through Prisma cost (measured). Fields have the types of JSON: a `bigint`
 * arrives as a number.
 */
export function defineColumns<Row extends object>(expressions: { [Key in keyof Row]: string }) {
  const names = Object.keys(expressions) as (keyof Row)[]
  const arrays = Object.values<string>(expressions).map((expression) => `json_agg(${expression})`)
  if (rowsSeen.hasSubscribers) rowsSeen.publish({ expressions } satisfies RowsSeen)
  /** SQL of the rows as one JSON value, for `toRows`. Rows are in the order of the aggregation. */
  const json = `json_build_array(${arrays.join(', ')})`

  function toRows(columns: unknown[][]): Row[] {
    // An aggregate over no rows is null.
    const count = columns[0]?.length ?? 0
    const rows = Array.from({ length: count }, (_, index) => {
      const row: Partial<Row> = {}
      names.forEach((name, column) => (row[name] = columns[column]?.[index] as Row[keyof Row]))
      return row as Row
    })
    if (rowsSeen.hasSubscribers) rowsSeen.publish({ expressions, rows } satisfies RowsSeen)
    return rows
  }

  return {
    json,
    toRows,
    /** The start of a statement for `read`; the caller appends the rest, beginning with `from`. */
    select: Prisma.raw(`select ${json}::text as json`),
    async read(db: Statements | ReadPool, statement: Prisma.Sql): Promise<Row[]> {
      const json = await readText(db, statement)
      return json === undefined ? [] : toRows(JSON.parse(json) as unknown[][])
    },
  }
}
