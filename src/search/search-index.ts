import { escapeIdentifier, type Client } from 'pg'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'

/** The index that searches need: of the words of a language, and of the parts of words where pg_trgm is there. */
export interface SearchIndex {
  hasParts: boolean
  /** Whether it has all that is possible: not when pg_trgm came after it. */
  isComplete: boolean
}

const nameIndex = (language: string, hasParts: boolean) =>
  `chat_message_search_${hasParts ? 'parts' : 'words'}_${language}`

/** Finds the index of a language. */
export async function findIndex(db: Database, language: string): Promise<SearchIndex | undefined> {
  const [row] = await db.prisma.$queryRaw<{ parts: boolean; words: boolean; extension: boolean }[]>(Prisma.sql`
    select to_regclass(${nameIndex(language, true)}) is not null as parts,
      to_regclass(${nameIndex(language, false)}) is not null as words,
      exists (select from pg_extension where extname = 'pg_trgm') as extension`)
  if (row?.parts === true) return { hasParts: true, isComplete: true }
  return row?.words === true ? { hasParts: false, isComplete: !row.extension } : undefined
}

/** Whether the database has a text search configuration of this name. */
export async function knowsLanguage(db: Database, language: string): Promise<boolean> {
  const [row] = await db.prisma.$queryRaw<object[]>(Prisma.sql`
    select from pg_ts_config where cfgname = ${language} and pg_ts_config_is_visible(oid)`)
  return row !== undefined
}

/** Only one node builds, and it does so for minutes where there are millions of messages. */
const BUILD_LOCK = 7_266_003

/**
 * Builds the index of a language in place of any other, in one transaction: whoever searches meanwhile has the old one, and
 * nothing half-made is left behind. What it locks is the table of the search, into which no send writes.
 * @returns false, and nothing is done, while another connection builds
 * @throws what PostgreSQL throws, 42501 for a role that does not own the table
 */
export async function buildIndex(client: Client, language: string): Promise<boolean> {
  await client.query('begin')
  const isBuilding = await lockBuild(client)
  if (isBuilding) await replaceIndex(client, language)
  await client.query('commit')
  return isBuilding
}

/**
 * Lock and settings end with the transaction: behind a pooler the connection to PostgreSQL serves others afterwards. A
 * client that has gone is noticed only when it is looked for.
 */
async function lockBuild(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [
    BUILD_LOCK,
  ])
  await client.query('set local statement_timeout = 0')
  await attempt(client, `set local client_connection_check_interval = '1s'`)
  return rows[0]?.locked === true
}

async function replaceIndex(client: Client, language: string): Promise<void> {
  const schema = await readExtensionSchema(client)
  const name = nameIndex(language, schema !== undefined)
  const { rows: others } = await client.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index
     where indrelid = 'chat_message_search'::regclass and not indisprimary and indexrelid is distinct from to_regclass($1)`,
    [name],
  )
  const parts = schema === undefined ? '' : `content ${escapeIdentifier(schema)}.gin_trgm_ops,`
  await client.query(`
    create index if not exists ${escapeIdentifier(name)} on chat_message_search using gin (
      to_tsvector('${language}'::regconfig, content), ${parts} (array[session_id]),
      (array[message_id >> 12, -1 - (message_id >> 18)])
    ) with (gin_pending_list_limit = 1024)`)
  for (const other of others) await client.query(`drop index ${other.name}`)
}

/** The schema of pg_trgm; undefined where the role may not create it. It may have come after the first start. */
async function readExtensionSchema(client: Client): Promise<string | undefined> {
  await attempt(client, 'create extension if not exists pg_trgm')
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_extension join pg_namespace n on n.oid = extnamespace where extname = 'pg_trgm'`,
  )
  return rows[0]?.name
}

/** Runs a statement that may be refused, without an effect on the transaction then. */
async function attempt(client: Client, statement: string): Promise<void> {
  await client.query('savepoint attempt')
  await client.query(statement).catch(() => client.query('rollback to attempt'))
}
