import pg from 'pg'
import type { Test } from 'tap'
import type { TestDatabase } from './database.js'

/** A statement that the product has sent. */
export interface Statement {
  text: string
  values: unknown[]
}

/** PostgreSQL can only explain these statements, and not `lock table`, for example. */
const hasPlan = ({ text }: Statement) => /^\s*(select|with|insert|update|delete)\b/i.test(text)

/** Statements of background tasks, which run at any time: those that fill the search and the times of reports. */
const isUpkeep = ({ text, values }: Statement) =>
  /insert into chat_(message_search|session_times)|from pg_extension/.test(text) ||
  (text.includes('event_cursor') && values.some((value) => value === 'search' || value === 'reports'))

/** Collects the statements with a plan of all nodes in this process until the end of the test. */
export function captureStatements(t: Test): Statement[] {
  const captured: Statement[] = []
  const { query } = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown }
  const spy = function (this: unknown, ...args: unknown[]) {
    const [config] = args as [Partial<Statement> & { name?: string }]
    // Statements of the tests themselves have no name.
    if (config.name !== undefined && config.text !== undefined) {
      const statement = { text: config.text, values: config.values ?? [] }
      if (hasPlan(statement) && !isUpkeep(statement)) captured.push(statement)
    }
    return query.apply(this, args)
  }
  Object.assign(pg.Client.prototype, { query: spy })
  t.teardown(() => Object.assign(pg.Client.prototype, { query }))
  return captured
}

interface Plan {
  'Node Type': string
  /** The average over all loops. */
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Rows Removed by Filter'?: number
  'Relation Name'?: string
  Plans?: Plan[]
}

/** The tables that a statement scans sequentially, by its custom and its generic plan. */
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

interface PlanRow {
  'QUERY PLAN': { Plan: Plan }[]
}

/** The number of rows that each scan of a table or an index reads when a statement runs. */
export async function countRowsRead({ query }: TestDatabase, { text, values }: Statement): Promise<number[]> {
  const [row] = await query<PlanRow>(`explain (analyze, format json) ${text}`, values)
  return rowsIn(row, (plan) => plan['Actual Rows'] ?? 0)
}

/**
 * Does the same with the generic plan, which PostgreSQL may choose from the sixth execution on. Includes rows that a
 * filter removed.
 */
export async function countRowsReadByAnyPlan({ url }: TestDatabase, { text, values }: Statement): Promise<number[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(`set plan_cache_mode = force_generic_plan; prepare any_plan as ${text}`)
    const scalars = values as (string | number | bigint | boolean | null)[]
    const given = scalars.map((value) => (value === null ? 'null' : pg.escapeLiteral(String(value))))
    const args = given.length > 0 ? `(${given.join()})` : ''
    const { rows } = await client.query<PlanRow>(`explain (analyze, format json) execute any_plan${args}`)
    return rowsIn(rows[0], (plan) => (plan['Actual Rows'] ?? 0) + (plan['Rows Removed by Filter'] ?? 0))
  } finally {
    await client.end()
  }
}

function rowsIn(row: PlanRow | undefined, countIn: (plan: Plan) => number): number[] {
  const rowsOf = (plan: Plan): number[] => [
    ...(plan['Relation Name'] === undefined ? [] : [countIn(plan) * (plan['Actual Loops'] ?? 0)]),
    ...(plan.Plans ?? []).flatMap(rowsOf),
  ]
  return (row?.['QUERY PLAN'] ?? []).flatMap(({ Plan }) => rowsOf(Plan))
}
