import { subscribe } from 'node:diagnostics_channel'
import { readFileSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { join, relative, sep } from 'node:path'
import { Client } from 'pg'
import { ROWS_CHANNEL, type RowsSeen } from '../src/database/columns.js'
import { PrismaClient } from '../src/generated/prisma/client.js'
import { kindOf, type ColumnsSeen, type SitesSeen } from './row-kinds.js'

/** Texts that are kept of a column, for those whose type names the texts that there are. */
const MOST_TEXTS = 20
const LONGEST_TEXT = 30

/**
 * Notes what the rows that the product reads by raw statements hold, by the place in its source that says what they should
 * hold. They are written to a file of the folder when the process ends.
 */
export function observeRows(folder: string): void {
  const bySite = new Map<string, ColumnsSeen>()
  const sitesOfColumns = new WeakMap<object, string | undefined>()

  function note(site: string | undefined, rows: unknown): void {
    if (site === undefined || !Array.isArray(rows)) return
    for (const row of rows as object[]) {
      let columns = bySite.get(site)
      if (columns === undefined) bySite.set(site, (columns = {}))
      for (const [name, value] of Object.entries(row)) noteValue((columns[name] ??= { kinds: [], texts: [] }), value)
    }
  }

  subscribe(ROWS_CHANNEL, (message) => {
    const { expressions, rows } = message as RowsSeen
    if (rows === undefined) sitesOfColumns.set(expressions, findSite())
    else note(sitesOfColumns.get(expressions), rows)
  })
  watch(PrismaClient.prototype as object, '$queryRaw', (site, rows) => note(site, rows))
  watch(Client.prototype, 'query', (site, result) => note(site, (result as { rows?: unknown } | undefined)?.rows))
  process.on('exit', () => {
    const sites: SitesSeen = {}
    for (const [site, columns] of bySite) sites[findSource(site)] = columns
    writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(sites))
  })
}

function noteValue({ kinds, texts }: ColumnsSeen[string], value: unknown): void {
  const kind = kindOf(value)
  if (!kinds.includes(kind)) kinds.push(kind)
  if (typeof value !== 'string' || value.length > LONGEST_TEXT) return
  if (texts.length < MOST_TEXTS && !texts.includes(value)) texts.push(value)
}

/** Calls back with what a method's promise gives, and with the place that called it. */
function watch(prototype: object, name: string, listener: (site: string | undefined, value: unknown) => void): void {
  const methods = prototype as Record<string, (...words: unknown[]) => unknown>
  const original = methods[name]
  if (original === undefined) throw new Error(`There is no method ${name}`)
  methods[name] = function (this: unknown, ...words) {
    const site = findSite()
    const result = original.apply(this, words) as { then?: unknown } | undefined
    if (site === undefined || typeof result?.then !== 'function') return result
    // A statement of Prisma's is sent when somebody asks for its result.
    const then = (result.then as PromiseLike<unknown>['then']).bind(result as PromiseLike<unknown>)
    return Object.assign(result, {
      then: (done?: (value: unknown) => unknown, failed?: (error: unknown) => unknown) =>
        then((value) => {
          listener(site, value)
          return done ? done(value) : value
        }, failed),
    })
  }
}

/** Frames between the place that is looked for and the observer. */
const between = /[/]harness[/]|^node:|[/](dist|src)[/]database[/]columns\.[jt]s/
const product = /^(?:file:[/][/])?([/].*[/](?:dist|src)[/](?!generated[/]).*\.[jt]s)$/
/** By the name of a file: null where it is between, its path where it is of the product. */
const callers = new Map<string, string | null | undefined>()

/** The place in the product that called what is watched; undefined for a call from elsewhere. */
function findSite(): string | undefined {
  const holder: { stack?: NodeJS.CallSite[] } = {}
  const { prepareStackTrace } = Error
  // Only the frames are needed. To write them as a text would take most of the time.
  Error.prepareStackTrace = (_, sites) => sites
  Error.captureStackTrace(holder, findSite)
  const { stack = [] } = holder
  Error.prepareStackTrace = prepareStackTrace
  for (const site of stack) {
    const caller = findCaller(site.getFileName())
    if (caller === null) continue
    return caller && `${caller}:${site.getLineNumber()}:${site.getColumnNumber()}`
  }
  return undefined
}

function findCaller(file: string | null | undefined): string | null | undefined {
  // Native code, such as an asynchronous Array.map.
  if (file === null || file === undefined) return null
  if (!callers.has(file)) callers.set(file, between.test(file) ? null : product.exec(file)?.[1])
  return callers.get(file)
}

/** The line of the source, as `src/some/file.ts:12`. Node.js has mapped a place already where it is told to use source maps. */
function findSource(site: string): string {
  const [path = '', line, column] = site.split(/:(?=\d+(?::|$))/)
  const source = relative(process.cwd(), path).split(sep).join('/')
  if (source.startsWith('src/')) return `${source}:${line}`
  const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload)
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1)
  const originalLine = 'originalLine' in entry ? entry.originalLine + 1 : 0
  return `${source.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts')}:${originalLine}`
}
