import { readText, type ReadPool } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { toPattern } from './question.js'

/**
 * So many terms are asked for at most. The index looks for each of them in each message that it has not merged yet, so 100
 * take up to 5 ms. A part that is in more terms is common, and soon found by its trigrams.
 */
const MOST_TERMS = 100

/** Whether the index of trigrams leads to what holds a part. */
export const hasTrigram = (part: string) => /[\p{L}\p{N}]{3}/u.test(part)

/**
 * Finds the terms that hold parts of words: what stands between two spaces of any message, in lower case. There are far fewer
 * terms than messages. A part is left out if it is in too many of them, or has no trigram.
 */
export async function findTerms(db: ReadPool, parts: string[]): Promise<Map<string, string[]>> {
  const asked = parts.filter(hasTrigram)
  if (asked.length === 0) return new Map()
  const lists = asked.map(
    (part) => Prisma.sql`(select coalesce(json_agg(term), '[]') from (
      with found as materialized (select term from chat_search_term where term like lower(${toPattern(part)}))
      select term from found limit ${MOST_TERMS + 1}
    ) known)`,
  )
  const text = await readText(db, Prisma.sql`select json_build_array(${Prisma.join(lists)})::text`)
  const found = JSON.parse(text ?? '[]') as string[][]
  const known = asked.map((part, place): [string, string[]] => [part, found[place] ?? []])
  return new Map(known.filter(([, terms]) => terms.length <= MOST_TERMS))
}
