import pg from 'pg'
import type { Test } from 'tap'
import type { TestDatabase } from './database.js'

/** A statement as the product has sent it. */
export interface Statement {
  text: string
  values: unknown[]
}

/** Collects what any node in this process sends to PostgreSQL from now on, until the test's end. */
export function captureStatements(t: Test): Statement[] {
  const captured: Statement[] = []
  const { query } = pg.Client.prototype as unknown as { query: (...words: unknown[]) => unknown }
  const spy = function (this: unknown, ...words: unknown[]) {
    const [config] = words as [Partial<Statement> & { name?: string }]
    // What a test asks by itself has no name.
    if (config.name !== undefined && config.text !== undefined) {
      captured.push({ text: config.text, values: config.values ?? [] })
    }
    return query.apply(this, words)
  }
  Object.assign(pg.Client.prototype, { query: spy })
  t.teardown(() => Object.assign(pg.Client.prototype, { query }))
  return captured
}

interface Plan {
  'Node Type': string
  /** On the average of the loops. */
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Relation Name'?: string
  Plans?: Plan[]
}

/** The tables that a statement would read from end to end: planned for its values, and for any. */
export async function findTableScans({ query }: TestDatabase, { text, values }: Statement): Promise<string[]> {
  const explain = async (options: string, given: unknown[]) => {
    const [row] = await query<{ 'QUERY PLAN': { Plan: Plan }[] }>(`explain (format json${options}) ${text}`, given)
    return (row?.['QUERY PLAN'] ?? []).flatMap(({ Plan }) => scansIn(Plan))
  }
  return [...(await explain('', values)), ...(await explain(', generic_plan', []))]
}

const scansIn = (plan: Plan): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []),
  ...(plan.Plans ?? []).flatMap(scansIn),
]

/** How many rows each scan of a table or an index reads when a statement is run. */
export async function countRowsRead({ query }: TestDatabase, { text, values }: Statement): Promise<number[]> {
  const [row] = await query<{ 'QUERY PLAN': { Plan: Plan }[] }>(`explain (analyze, format json) ${text}`, values)
  const rowsOf = (plan: Plan): number[] => [
    ...(plan['Relation Name'] === undefined ? [] : [(plan['Actual Rows'] ?? 0) * (plan['Actual Loops'] ?? 0)]),
    ...(plan.Plans ?? []).flatMap(rowsOf),
  ]
  return (row?.['QUERY PLAN'] ?? []).flatMap(({ Plan }) => rowsOf(Plan))
}
