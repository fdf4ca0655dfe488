import { readText, type ReadPool } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { toPattern } from './question.js'

/**
 * How many terms one part may stand for. The index looks for each term in each message of its pending list, so 100 terms take
 * up to 5 ms. A part that is in more terms is common, and its trigrams find a page soon.
 */
const MAX_TERMS = 100

/** Whether an index of trigrams can find a part. */
export const hasTrigram = (part: string) => /[\p{L}\p{N}]{3}/u.test(part)

/**
 * Finds the terms that contain each part. A term is what stands between two spaces of any message, in lower case; there are far
 * fewer terms than messages. The map lacks parts that are in more than MAX_TERMS terms or have no trigram.
 */
export async function findTerms(db: ReadPool, parts: string[]): Promise<Map<string, string[]>> {
  const asked = parts.filter(hasTrigram)
  if (asked.length === 0) return new Map()
  const lists = asked.map(
    (part) => Prisma.sql`(select coalesce(json_agg(term), '[]') from (
      with found as materialized (select term from chat_search_term where term like lower(${toPattern(part)}))
      select term from found limit ${MAX_TERMS + 1}
    ) known)`,
  )
  const text = await readText(db, Prisma.sql`select json_build_array(${Prisma.join(lists)})::text`)
  const found = JSON.parse(text ?? '[]') as string[][]
  const known = asked.map((part, place): [string, string[]] => [part, found[place] ?? []])
  return new Map(known.filter(([, terms]) => terms.length <= MAX_TERMS))
}
