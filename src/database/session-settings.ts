import type { ClientBase } from 'pg'

/** The kind of pooler in front of PostgreSQL. It decides which settings last on a connection. */
export type Pooler = 'none' | 'session' | 'transaction'

/** Session settings by their names in `pg_settings`, with the values as shown there. */
export type SessionSettings = Readonly<Record<string, string>>

/**
 * The settings of every connection of the service, whatever the defaults of the server, the database or the role are.
 * Only `default_transaction_read_only` is not set, because operators use it to fence off a server.
 */
export function createSessionSettings(schema: string, statementTimeoutMs: number): SessionSettings {
  return {
    ...createMeaning(schema),
    statement_timeout: String(statementTimeoutMs),
    // A node that hangs within a transaction must not hold a session's lock for long.
    idle_in_transaction_session_timeout: String(statementTimeoutMs),
    /**
     * A plan cached while a table was tiny keeps its sequential scan while the table grows, until the next ANALYZE.
     * Every statement of the service can use an index.
     */
    enable_seqscan: 'off',
    jit: 'off',
    plan_cache_mode: 'auto',
  }
}

/** The settings for migrations, which have no statement timeout. */
export function createMigrationSettings(schema: string): SessionSettings {
  return { ...createMeaning(schema), statement_timeout: '0', idle_in_transaction_session_timeout: '0' }
}

/** Settings that decide what statements mean, how values are formatted, and when a commit is acknowledged. */
const createMeaning = (schema: string): SessionSettings => ({
  search_path: `"${schema.replaceAll('"', '""')}"`,
  // Under repeatable read, statements that race fail (40001) instead of seeing each other's commit.
  default_transaction_isolation: 'read committed',
  // With `off`, a crash of the server can lose acknowledged commits.
  synchronous_commit: 'on',
  lock_timeout: '0',
  idle_session_timeout: '0',
  // The driver reads times as UTC, and reads and writes values in these formats.
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
})

/** The settings as startup options: they apply before the first statement and cost no round trip. */
export function toStartupOptions(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, String.raw`\$&`)}`)
    .join(' ')
}

/** Applies the settings to the rest of a session, for poolers in session mode, which refuse startup options. */
export async function applySettings(client: ClientBase, settings: SessionSettings): Promise<void> {
  await client.query(
    'select set_config(name, value, false) from unnest($1::text[], $2::text[]) as setting (name, value)',
    [Object.keys(settings), Object.values(settings)],
  )
}
