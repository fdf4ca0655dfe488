import { subscribe } from 'node:diagnostics_channel'
import { readFileSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { join, relative, sep } from 'node:path'
import { Client } from 'pg'
import { ROWS_CHANNEL, type RowsSeen } from '../src/database/columns.js'
import { PrismaClient } from '../src/generated/prisma/client.js'
import { kindOf, type ColumnsSeen, type SitesSeen } from './row-kinds.js'

/** Maximum number of distinct texts that are recorded for a column, to compare them with a union of literals. */
const MAX_TEXTS = 20
const MAX_TEXT_LENGTH = 30

/**
 * Records the names and kinds of values in the rows that the product reads by raw statements, by the source line that
 * declares the type of the rows. The records are written to a file of the folder when the process ends.
 */
export function observeRows(folder: string): void {
  const bySite = new Map<string, ColumnsSeen>()
  const sitesOfColumns = new WeakMap<object, string | undefined>()

  function record(site: string | undefined, rows: unknown): void {
    if (site === undefined || !Array.isArray(rows)) return
    for (const row of rows as object[]) {
      let columns = bySite.get(site)
      if (columns === undefined) bySite.set(site, (columns = {}))
      for (const [name, value] of Object.entries(row)) recordValue((columns[name] ??= { kinds: [], texts: [] }), value)
    }
  }

  subscribe(ROWS_CHANNEL, (message) => {
    const { expressions, rows } = message as RowsSeen
    if (rows === undefined) sitesOfColumns.set(expressions, findSite())
    else record(sitesOfColumns.get(expressions), rows)
  })
  watch(PrismaClient.prototype as object, '$queryRaw', (site, rows) => record(site, rows))
  watch(Client.prototype, 'query', (site, result) => record(site, (result as { rows?: unknown } | undefined)?.rows))
  process.on('exit', () => {
    const sites: SitesSeen = {}
    for (const [site, columns] of bySite) sites[findSource(site)] = columns
    writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(sites))
  })
}

function recordValue({ kinds, texts }: ColumnsSeen[string], value: unknown): void {
  const kind = kindOf(value)
  if (!kinds.includes(kind)) kinds.push(kind)
  if (typeof value !== 'string' || value.length > MAX_TEXT_LENGTH) return
  if (texts.length < MAX_TEXTS && !texts.includes(value)) texts.push(value)
}

/** Calls the listener with the result of each call of a method, and with the site of the call. */
function watch(prototype: object, name: string, listener: (site: string | undefined, value: unknown) => void): void {
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>
  const original = methods[name]
  if (original === undefined) throw new Error(`There is no method ${name}`)
  methods[name] = function (this: unknown, ...args) {
    const site = findSite()
    const result = original.apply(this, args) as { then?: unknown } | undefined
    if (site === undefined || typeof result?.then !== 'function') return result
    // Prisma sends a statement only when its result is awaited.
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

/** Files of stack frames between the call site and the observer. */
const observerFile = /[/]harness[/]|^node:|[/](dist|src)[/]database[/]columns\.[jt]s/
const productFile = /^(?:file:[/][/])?([/].*[/](?:dist|src)[/](?!generated[/]).*\.[jt]s)$/
/** Paths of the product by the file name of a frame; null for the observer's files, undefined for other files. */
const callers = new Map<string, string | null | undefined>()

/** Returns the place in the product that called the observed method; undefined for a call from elsewhere. */
function findSite(): string | undefined {
  const holder: { stack?: NodeJS.CallSite[] } = {}
  const { prepareStackTrace } = Error
  // Only the frames are needed: formatting the stack takes most of the time.
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
  // Native code, such as Array.map.
  if (file === null || file === undefined) return null
  if (!callers.has(file)) callers.set(file, observerFile.test(file) ? null : productFile.exec(file)?.[1])
  return callers.get(file)
}

/**
 * Returns the source line of a site, as `src/some/file.ts:12`. With `--enable-source-maps`, Node.js has already mapped
 * it.
 */
function findSource(site: string): string {
  const [path = '', line, column] = site.split(/:(?=\d+(?::|$))/)
  const source = relative(process.cwd(), path).split(sep).join('/')
  if (source.startsWith('src/')) return `${source}:${line}`
  const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload)
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1)
  const originalLine = 'originalLine' in entry ? entry.originalLine + 1 : 0
  return `${source.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts')}:${originalLine}`
}
