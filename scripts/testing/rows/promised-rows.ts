import { relative, resolve, sep } from 'node:path'
import ts from 'typescript'
import type { Kind } from '../../../harness/row-kinds.js'

/** What the type of a row promises of a column. */
export interface PromisedColumn {
  kinds: Set<Kind>
  /** The only texts that there can be, where the type names them. */
  texts?: Set<string>
}

export type PromisedRow = Record<string, PromisedColumn>

/**
 * Reads from the types of the product what rows of raw statements are promised to hold: the type arguments of
 * `defineColumns`, `$queryRaw` and a client's `query`, by the line that they are in, as `src/some/file.ts:12`.
 */
export function readPromisedRows(): Map<string, PromisedRow> {
  const { config } = ts.readConfigFile('tsconfig.build.json', ts.sys.readFile) as { config: unknown }
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, resolve())
  const program = ts.createProgram(fileNames, { ...options, noEmit: true, incremental: false })
  const checker = program.getTypeChecker()
  const promised = new Map<string, PromisedRow>()
  for (const file of program.getSourceFiles()) {
    const path = relative(resolve(), file.fileName).split(sep).join('/')
    if (!path.startsWith('src/') || path.startsWith('src/generated/')) continue
    visit(file, (call, name) => {
      const row = readRowType(checker, call, name.text)
      if (row === undefined) return
      const { line } = file.getLineAndCharacterOfPosition(name.getStart())
      promised.set(`${path}:${line + 1}`, describeRow(checker, row))
    })
  }
  return promised
}

function visit(node: ts.Node, onCall: (call: ts.CallExpression, name: ts.Identifier) => void): void {
  if (ts.isCallExpression(node)) {
    const { expression } = node
    const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression
    if (ts.isIdentifier(name)) onCall(node, name)
  }
  ts.forEachChild(node, (child) => visit(child, onCall))
}

/** The type of one row; undefined for a call of something else, or of rows whose columns the type does not name. */
function readRowType(checker: ts.TypeChecker, call: ts.CallExpression, name: string): ts.Type | undefined {
  const [argument] = call.typeArguments ?? []
  if (argument === undefined || !['defineColumns', '$queryRaw', 'query'].includes(name)) return undefined
  const given = checker.getTypeFromTypeNode(argument)
  const row = name === '$queryRaw' ? given.getNumberIndexType() : given
  return row === undefined || checker.isArrayLikeType(row) || row.getStringIndexType() ? undefined : row
}

/** Of a union, each column may hold what it holds in any member; one that a member does not have may be null there. */
function describeRow(checker: ts.TypeChecker, row: ts.Type): PromisedRow {
  const members = membersOf(row)
  const names = new Set(members.flatMap((member) => member.getProperties().map(({ name }) => name)))
  return Object.fromEntries(
    [...names].map((name) => {
      const properties = members.map((member) => member.getProperty(name))
      const types = properties.flatMap((property) => {
        return property === undefined ? [checker.getNullType()] : membersOf(checker.getTypeOfSymbol(property))
      })
      const texts = types.filter((type) => type.isStringLiteral()).map(({ value }) => value)
      const isAnyText = types.some((type) => (type.flags & ts.TypeFlags.String) !== 0)
      const kinds = new Set(types.map((type) => describeType(checker, type)))
      return [name, { kinds, ...(texts.length > 0 && !isAnyText && { texts: new Set(texts) }) }]
    }),
  )
}

const membersOf = (type: ts.Type): ts.Type[] => (type.isUnion() ? type.types.flatMap(membersOf) : [type])

const primitives: [ts.TypeFlags, Kind][] = [
  [ts.TypeFlags.StringLike, 'string'],
  [ts.TypeFlags.NumberLike, 'number'],
  [ts.TypeFlags.BigIntLike, 'bigint'],
  [ts.TypeFlags.BooleanLike, 'boolean'],
  [ts.TypeFlags.Null, 'null'],
  [ts.TypeFlags.Undefined, 'undefined'],
]

function describeType(checker: ts.TypeChecker, type: ts.Type): Kind {
  const primitive = primitives.find(([flag]) => (type.flags & flag) !== 0)
  if (primitive !== undefined) return primitive[1]
  if (checker.isArrayLikeType(type)) return 'array'
  const name = type.symbol.name
  if (['Buffer', 'Uint8Array'].includes(name)) return 'bytes'
  return name === 'Date' ? name : 'object'
}
