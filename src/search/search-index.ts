import { escapeIdentifier, type Client } from 'pg'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'

/** The indexes of the search: of the words of a language, and of parts of words where pg_trgm is there. */
export interface SearchIndex {
  hasParts: boolean
  /** Whether parts of words can be looked for among the terms of all messages, which is faster. */
  hasTerms: boolean
  /** Whether there is all that is possible: not when pg_trgm came afterwards, nor when a version before made the index. */
  isComplete: boolean
}

const nameIndex = (language: string, hasParts: boolean) =>
  `chat_message_search_${hasParts ? 'parts' : 'words'}_${language}`
/** From the terms to the messages, whatever the language. Triggers keep the terms as soon as it is there. */
const TERMS_INDEX = 'chat_message_search_terms'
/** From parts of words to the terms. */
const TERM_PARTS_INDEX = 'chat_search_term_parts'

/** Finds the index of a language. */
export async function findIndex(db: Database, language: string): Promise<SearchIndex | undefined> {
  const [row] = await db.prisma.$queryRaw<Record<'parts' | 'words' | 'terms' | 'termParts' | 'extension', boolean>[]>(
    Prisma.sql`
    select to_regclass(${nameIndex(language, true)}) is not null as parts,
      to_regclass(${nameIndex(language, false)}) is not null as words,
      to_regclass(${TERMS_INDEX}) is not null as terms, to_regclass(${TERM_PARTS_INDEX}) is not null as "termParts",
      exists (select from pg_extension where extname = 'pg_trgm') as extension`,
  )
  if (row?.parts === true) {
    const hasTerms = row.terms && row.termParts
    return { hasParts: true, hasTerms, isComplete: hasTerms }
  }
  return row?.words === true ? { hasParts: false, hasTerms: false, isComplete: !row.extension && row.terms } : undefined
}

/** Whether the database has a text search configuration of this name. */
export async function knowsLanguage(db: Database, language: string): Promise<boolean> {
  const [row] = await db.prisma.$queryRaw<object[]>(Prisma.sql`
    select from pg_ts_config where cfgname = ${language} and pg_ts_config_is_visible(oid)`)
  return row !== undefined
}

/**
 * Sizes of the pending lists, in kB. Every search reads them from end to end. A longer one makes the fill faster, a shorter
 * one a search for many terms.
 */
const PENDING_LIST_KB = { words: 2048, terms: 256 }

/** Only one node builds, and it does so for minutes where there are millions of messages. */
const BUILD_LOCK = 7_266_003

/**
 * Builds the index of a language in place of any other, and those of the terms, in one transaction: whoever searches meanwhile
 * has the old one, and nothing half-made is left behind. What it locks is the table of the search, into which no send writes.
 * @returns false, and nothing is done, while another connection builds
 * @throws what PostgreSQL throws, 42501 for a role that does not own the table
 */
export async function buildIndex(client: Client, language: string): Promise<boolean> {
  await client.query('begin')
  const isBuilding = await lockBuild(client)
  if (isBuilding) {
    const extensionSchema = await readExtensionSchema(client)
    await replaceIndex(client, language, extensionSchema)
    await buildTermIndexes(client, extensionSchema)
  }
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

async function replaceIndex(client: Client, language: string, schema: string | undefined): Promise<void> {
  const name = nameIndex(language, schema !== undefined)
  const { rows: others } = await client.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index
     where indrelid = 'chat_message_search'::regclass and not indisprimary and indexrelid is distinct from to_regclass($1)
       and indexrelid is distinct from to_regclass($2)`,
    [name, TERMS_INDEX],
  )
  const parts = schema === undefined ? '' : `content ${trigramsOf(schema)},`
  await client.query(`
    create index if not exists ${escapeIdentifier(name)} on chat_message_search using gin (
      to_tsvector('${language}'::regconfig, content), ${parts} (array[session_id]),
      (array[message_id >> 12, -1 - (message_id >> 18)])
    )`)
  // One of an earlier version has another setting.
  await client.query(`alter index ${escapeIdentifier(name)} set (gin_pending_list_limit = ${PENDING_LIST_KB.words})`)
  for (const other of others) await client.query(`drop index ${other.name}`)
}

const trigramsOf = (schema: string) => `${escapeIdentifier(schema)}.gin_trgm_ops`

/** The lock keeps the fill and deletions waiting until the triggers see the index and maintain the terms from then on. */
async function buildTermIndexes(client: Client, schema: string | undefined): Promise<void> {
  const { rows } = await client.query<{ hasTerms: boolean }>(`select to_regclass($1) is not null as "hasTerms"`, [
    TERMS_INDEX,
  ])
  if (rows[0]?.hasTerms !== true) {
    await client.query('lock table chat_message_search in share mode')
    await client.query('delete from chat_search_term')
    await client.query(`insert into chat_search_term (term)
      select distinct term collate "C" from chat_message_search, unnest(message_terms(content)) as term`)
    await client.query(`create index ${TERMS_INDEX} on chat_message_search using gin (
      (array[message_id >> 12, -1 - (message_id >> 18)]), (message_terms(content) collate "C")
    ) with (gin_pending_list_limit = ${PENDING_LIST_KB.terms})`)
  }
  if (schema === undefined) return
  await client.query(
    `create index if not exists ${TERM_PARTS_INDEX} on chat_search_term using gin (term ${trigramsOf(schema)})
     with (gin_pending_list_limit = ${PENDING_LIST_KB.terms})`,
  )
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
