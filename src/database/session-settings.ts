import type { ClientBase } from 'pg'

/** What is between the service and PostgreSQL, and so what holds for the length of a connection. */
export type Pooler = 'none' | 'session' | 'transaction'

/** Settings by their names in `pg_settings`, with their values as they are shown there. */
export type SessionSettings = Readonly<Record<string, string>>

/**
 * The settings that every connection of the service has, whatever the server, the database or the role have as defaults.
 * Left as it is found: `default_transaction_read_only`, which fences off a server that must not be written to.
 */
export function createSessionSettings(schema: string, statementTimeoutMs: number): SessionSettings {
  return {
    ...createMeaning(schema),
    statement_timeout: String(statementTimeoutMs),
    // A node that dies within a transaction may not hold a session's lock for long.
    idle_in_transaction_session_timeout: String(statementTimeoutMs),
    /**
     * A prepared statement keeps its plan. A plan made while a table had one page would scan the table sequentially, and
     * go on to do so while it grows, until the next ANALYZE. Each statement here has its index.
     */
    enable_seqscan: 'off',
    jit: 'off',
    plan_cache_mode: 'auto',
  }
}

/** The same for migrations, which may take as long as they take. */
export function createMigrationSettings(schema: string): SessionSettings {
  return { ...createMeaning(schema), statement_timeout: '0', idle_in_transaction_session_timeout: '0' }
}

/** What statements mean and values look like, and when a commit is acknowledged. */
const createMeaning = (schema: string): SessionSettings => ({
  search_path: `"${schema.replaceAll('"', '""')}"`,
  // Under repeatable read, statements that race fail (40001) instead of seeing each other's commit.
  default_transaction_isolation: 'read committed',
  // Off acknowledges what a crash of the server loses.
  synchronous_commit: 'on',
  lock_timeout: '0',
  idle_session_timeout: '0',
  // The driver reads moments as UTC, and both write and read values in these forms.
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
})

/** The settings as flags for the start of a connection: in force before its first statement, without a round trip. */
export function toStartupOptions(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, String.raw`\$&`)}`)
    .join(' ')
}

/** Makes the settings for the rest of a session. For poolers in session mode, which take no flags at the start. */
export async function applySettings(client: ClientBase, settings: SessionSettings): Promise<void> {
  await client.query(
    'select set_config(name, value, false) from unnest($1::text[], $2::text[]) as setting (name, value)',
    [Object.keys(settings), Object.values(settings)],
  )
}
