import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ColumnsSeen, SitesSeen } from '../../../harness/row-kinds.js'
import { StepFailure } from '../steps.js'
import { readPromisedRows, type PromisedRow } from './promised-rows.js'

/**
 * Holds the rows that the tests have seen against the types that the product promises them to have: what PostgreSQL
 * answers to a raw statement is outside of what the compiler checks.
 * @throws StepFailure that names the lines whose rows hold something else, and those whose rows no test reads
 */
export async function reviewRows(folder: string): Promise<void> {
  const seen = await readSeen(folder)
  const faults = [...readPromisedRows()].flatMap(([line, promised]) => {
    const columns = seen[line]
    if (columns === undefined) return [`${line}: no test reads such a row`]
    return compareRow(promised, columns).map((fault) => `${line}: ${fault}`)
  })
  if (faults.length > 0) throw new StepFailure(faults.join('\n'))
}

async function readSeen(folder: string): Promise<SitesSeen> {
  const all: SitesSeen = {}
  for (const name of await readdir(folder)) {
    const sites = JSON.parse(await readFile(join(folder, name), 'utf8')) as SitesSeen
    for (const [line, columns] of Object.entries(sites)) {
      const known = (all[line] ??= {})
      for (const [column, { kinds, texts }] of Object.entries(columns)) {
        const before = known[column] ?? { kinds: [], texts: [] }
        known[column] = { kinds: [...before.kinds, ...kinds], texts: [...before.texts, ...texts] }
      }
    }
  }
  return all
}

function compareRow(promised: PromisedRow, seen: ColumnsSeen): string[] {
  const unknown = Object.keys(seen).filter((name) => !Object.hasOwn(promised, name))
  const faults = unknown.map((name) => `the type has no ${name}`)
  for (const [name, { kinds, texts }] of Object.entries(promised)) {
    const column = seen[name]
    if (column === undefined) {
      if (!kinds.has('undefined')) faults.push(`no row has ${name}`)
      continue
    }
    const others = new Set(column.kinds.filter((kind) => !kinds.has(kind)))
    const otherTexts = new Set(texts ? column.texts.filter((text) => !texts.has(text)) : [])
    if (others.size > 0) faults.push(`${name} is ${[...others].join(', ')} and should be ${[...kinds].join(' or ')}`)
    if (otherTexts.size > 0) faults.push(`${name} is '${[...otherTexts].join(`', '`)}' and should be another text`)
  }
  return faults
}
