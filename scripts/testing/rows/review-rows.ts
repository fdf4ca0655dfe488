import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ColumnsSeen, SitesSeen } from '../../../harness/row-kinds.js'
import { StepFailure } from '../steps.js'
import { readPromisedRows, type PromisedRow } from './promised-rows.js'

/**
 * Compares the rows that the tests have read by raw statements with the types that the product declares for them, which the
 * compiler cannot check. Prints the lines whose rows no test has read in its own process.
 * @throws StepFailure that names the lines whose rows differ from their type
 */
export async function reviewRows(folder: string): Promise<void> {
  const seen = await readSeen(folder)
  const promised = [...readPromisedRows()]
  const unseen = promised.map(([line]) => line).filter((line) => seen[line] === undefined)
  if (unseen.length > 0) console.log(`Rows that no test reads in its own process:\n${unseen.join('\n')}`)
  const faults = promised.flatMap(([line, row]) =>
    compareRow(row, seen[line] ?? {}).map((fault) => `${line}: ${fault}`),
  )
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
  const isSeen = Object.keys(seen).length > 0
  const unknown = Object.keys(seen).filter((name) => !Object.hasOwn(promised, name))
  const faults = unknown.map((name) => `the type has no ${name}`)
  for (const [name, { kinds, texts }] of Object.entries(promised)) {
    const column = seen[name]
    if (column === undefined) {
      if (isSeen && !kinds.has('undefined')) faults.push(`no row has ${name}`)
      continue
    }
    const others = new Set(column.kinds.filter((kind) => !kinds.has(kind) && !kinds.has('any')))
    const otherTexts = new Set(texts ? column.texts.filter((text) => !texts.has(text)) : [])
    if (others.size > 0) faults.push(`${name} is ${[...others].join(', ')} and should be ${[...kinds].join(' or ')}`)
    if (otherTexts.size > 0) faults.push(`${name} is '${[...otherTexts].join(`', '`)}' and should be another text`)
  }
  return faults
}
