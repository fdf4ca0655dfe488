import fc from 'fast-check'
import { anyForm } from './forms.js'
import { wildText, wildValue } from './wild-values.js'

/** What of an OpenAPI document requests are made from. */
export interface Schema {
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: unknown[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  format?: string
  pattern?: string
}

export interface Operation {
  method: string
  path: string
  parameters: { name: string; in: string; schema: Schema }[]
  body: Schema | undefined
  /** Whether it takes a form with a file. */
  isForm: boolean
}

interface RawOperation {
  parameters?: Operation['parameters']
  requestBody?: { content?: { 'application/json'?: { schema: Schema }; 'multipart/form-data'?: unknown } }
}

export function listOperations(document: unknown): Operation[] {
  const { paths } = document as { paths: Record<string, Record<string, RawOperation>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content?.['application/json']?.schema,
      isForm: requestBody?.content?.['multipart/form-data'] !== undefined,
    })),
  )
}

export interface WildRequest {
  operation: Operation
  path: string
  caller: string
  headers: Record<string, string>
  /** Sent as it is. */
  body: string | undefined
}

/** Times at the ends of what their format admits. */
const times = [
  ...['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456789+14:00', '0000-01-01T00:00:00Z'],
  ...['9999-12-31T23:59:60Z', '9999-12-31T23:59:59-23:59'],
]

/** A value that a schema describes, most of the time; ids are often those of something that exists. */
function anyValueOf(schema: Schema, ids: readonly number[]): fc.Arbitrary<unknown> {
  const {
    type,
    format,
    pattern,
    minLength = 0,
    maxLength = 50,
    minimum = 0,
    maximum = Number.MAX_SAFE_INTEGER,
    items = {},
  } = schema
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (type === 'integer') {
    return fc.oneof(
      {
        arbitrary: fc.constantFrom(...ids).filter((id) => id >= minimum && id <= maximum),
        weight: maximum > 1000 ? 6 : 0,
      },
      { arbitrary: fc.integer({ min: minimum, max: maximum }), weight: 1 },
      { arbitrary: fc.constantFrom(minimum, maximum), weight: 1 },
    )
  }
  if (type === 'array') return fc.array(anyValueOf(items, ids), { maxLength: 4 })
  if (type === 'string') {
    if (format === 'date-time') return fc.constantFrom(...times)
    if (format?.startsWith('http-url')) return fc.oneof(fc.webUrl(), fc.constantFrom('', 'https://example.com/a.png'))
    if (pattern === '^[1-9][0-9]{0,8}[smhd]$') return fc.constantFrom('1s', '30d', '9d', '999999999d')
    const text = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 60) })
    return fc.oneof(text, fc.constantFrom('a', 'b'), fc.constant('x'.repeat(maxLength)))
  }
  if (type === 'object') return anyObjectOf(schema, ids)
  return wildValue
}

/** Mostly valid; sometimes a field is missing, of another kind, or too much. */
function anyObjectOf({ properties = {}, required = [] }: Schema, ids: readonly number[]): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const present = fc.oneof({ arbitrary: anyValueOf(schema, ids), weight: 7 }, { arbitrary: wildValue, weight: 1 })
    const weight = required.includes(name) ? 1 : 5
    return fc
      .oneof({ arbitrary: present, weight: 9 }, { arbitrary: fc.constant(undefined), weight })
      .map((value) => [name, value])
  })
  const extra = fc.oneof(
    { arbitrary: fc.constant([]), weight: 6 },
    { arbitrary: fc.tuple(wildText, wildValue).map((pair) => [pair]), weight: 1 },
  )
  return fc.tuple(fc.tuple(...fields), extra).map(([pairs, more]) => Object.fromEntries([...pairs, ...more]))
}

/** JSON, and what is no JSON at all. */
function anyBodyOf(schema: Schema | undefined, ids: readonly number[]): fc.Arbitrary<string | undefined> {
  const wild = fc.oneof(
    wildValue.map((value) => JSON.stringify(value)),
    wildText,
    fc.constantFrom(
      '{',
      '{"content":"\\ud800"}',
      '{"__proto__":{"content":"a"}}',
      '{"content":"a","content":"b"}',
      '[[[[',
    ),
    fc.constantFrom(
      '['.repeat(5000),
      `{"content":"${'a'.repeat(170_000)}"}`,
      '{"session_id":1e400}',
      '{"session_id":01}',
    ),
  )
  if (schema === undefined)
    return fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: wild, weight: 1 })
  const near = anyObjectOf(schema, ids).map((value) => JSON.stringify(value))
  return fc.oneof({ arbitrary: near, weight: 8 }, { arbitrary: wild, weight: 1 })
}

function anyPathOf({ path, parameters }: Operation, ids: readonly number[]): fc.Arbitrary<string> {
  const named = parameters.filter((parameter) => parameter.in !== 'header')
  const values = named.map(({ name, in: place, schema }) =>
    fc
      .oneof(
        { arbitrary: anyValueOf(schema, ids), weight: 5 },
        { arbitrary: wildText, weight: 1 },
        { arbitrary: fc.constant(undefined), weight: place === 'query' ? 4 : 0 },
      )
      .map((value) => ({ name, place, value })),
  )
  return fc
    .tuple(fc.tuple(...values), fc.constantFrom('', '', '', '&limit=1&limit=2', '&x[]=1', '&=', '&%E0%A4%A'))
    .map(([given, more]) => {
      let filled = path
      const query: string[] = []
      for (const { name, place, value } of given) {
        if (value === undefined) continue
        const text = encodeURIComponent((typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed())
        if (place === 'path') filled = filled.replace(`{${name}}`, text)
        else query.push(`${name}=${text}`)
      }
      return `${filled.replaceAll(/\{\w+\}/g, '1')}?${query.join('&')}${more}`
    })
}

const printable = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 70,
})
const anyHeaders = fc.record(
  {
    'idempotency-key': fc.oneof(fc.constantFrom('a', 'b', ''), printable),
    'content-type': fc.constantFrom(
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'application/xml',
      'multipart/form-data',
      'x',
      '',
    ),
    'x-request-id': printable,
    'accept-encoding': fc.constantFrom('gzip', 'identity;q=0', '*'),
    'content-encoding': fc.constantFrom('gzip', 'identity'),
    origin: fc.constantFrom('null', 'https://example.com'),
  },
  { requiredKeys: [] },
)

/** Requests of any of the operations, by any of the callers. */
export function anyRequest(
  operations: Operation[],
  callers: readonly string[],
  ids: readonly number[],
): fc.Arbitrary<WildRequest> {
  return fc.constantFrom(...operations).chain((operation) => {
    const rest = {
      operation: fc.constant(operation),
      path: anyPathOf(operation, ids),
      caller: fc.constantFrom(...callers),
    }
    if (operation.isForm) {
      return fc.tuple(fc.record(rest), anyForm(ids)).map(([request, form]) => ({ ...request, ...form }))
    }
    return fc.record({
      ...rest,
      headers: fc.oneof({ arbitrary: fc.constant({}), weight: 3 }, { arbitrary: anyHeaders, weight: 1 }),
      body: /^(GET|HEAD)$/.test(operation.method) ? fc.constant(undefined) : anyBodyOf(operation.body, ids),
    })
  })
}
