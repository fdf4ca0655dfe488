import { Prisma } from '../generated/prisma/client.js'
import { toPattern, type Question } from './question.js'
import { hasTrigram } from './terms.js'

export interface Matching {
  language: string
  hasParts: boolean
  question: Question
  /** The terms that contain a part, for some of the indexed parts. */
  terms: ReadonlyMap<string, string[]>
}

/** Parts that the index is asked for; the others are looked for in what it finds. */
const INDEXED_PARTS = 3

/** The parts of a question that an index may be asked for, where parts of words are found. */
export const listIndexedParts = ({ hasParts, question }: Pick<Matching, 'hasParts' | 'question'>) =>
  hasParts ? question.parts.slice(0, INDEXED_PARTS) : []

/** SQL on chat_message_search, with the alias `t`. */
export interface Condition {
  /** An index leads to the messages that fulfil it. */
  index: Prisma.Sql
  /** What has to be looked for in each of these. */
  check?: Prisma.Sql
}

/**
 * A message matches if it fulfils one of the conditions. Each is for a scan of its own: joined by `or`, they would be evaluated
 * again on each text, which takes longer than to find it.
 */
export function listConditions(matching: Matching): Condition[] {
  const { language, question } = matching
  const config = Prisma.raw(`'${language}'::regconfig`)
  const index = Prisma.sql`to_tsvector(${config}, t.content) @@ websearch_to_tsquery(${config}, ${question.text})`
  return listIndexedParts(matching).length === 0 ? [{ index }] : [hasParts(matching), { index }]
}

function hasParts(matching: Matching): Condition {
  const { question } = matching
  const terms = usableTerms(matching)
  const indexed = listIndexedParts(matching).filter((part) => terms.size === 0 || terms.has(part))
  const others = question.parts.filter((part) => !indexed.includes(part))
  const conditions = indexed.map((part) => {
    const known = terms.get(part)
    if (known === undefined) return Prisma.sql`t.content ilike ${toPattern(part)}`
    return Prisma.sql`(message_terms(t.content) collate "C") && ${known}::text[]`
  })
  const index = Prisma.join(conditions, ' and ')
  if (others.length === 0) return { index }
  return { index, check: Prisma.sql`t.content ilike all(${others.map(toPattern)}::text[])` }
}

/** With the terms of some parts only, all messages that hold these would be read, which may be many. */
function usableTerms(matching: Matching): Matching['terms'] {
  const areAllKnown = listIndexedParts(matching).every((part) => matching.terms.has(part) || !hasTrigram(part))
  return areAllKnown ? matching.terms : new Map()
}

/**
 * Whether the index leads to the messages. If no part that it is asked for has three letters or digits in a row, all texts
 * are looked at.
 */
export function isIndexed(matching: Matching): boolean {
  const parts = listIndexedParts(matching)
  return parts.length === 0 || parts.some(hasTrigram)
}
