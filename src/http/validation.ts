import { isUtf8 } from 'node:buffer'
import { FormatRegistry, type Static, type TObject, type TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { invalidInput } from '../errors/request-error.js'
import type { FieldErrors } from '../protocol/schemas/error-body.js'

/** Whether PostgreSQL can store a text: it has no NUL and no lone surrogate, which UTF-8 cannot encode. */
export const isStorableText = (text: string) => text.isWellFormed() && !text.includes('\0')

/** White space, control characters, and what shows text in another order. The parser of URLs removes or encodes some. */
const UNFIT_FOR_URL = /[\s\p{Cc}\p{Bidi_Control}]/u

const isHttpUrl = (text: string) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return (url?.protocol === 'http:' || url?.protocol === 'https:') && isStorableText(text) && !UNFIT_FOR_URL.test(text)
}

/** Formats beside those of JSON Schema. */
const formats: Record<string, (text: string) => boolean> = {
  text: isStorableText,
  'http-url': isHttpUrl,
  'http-url-or-empty': (text) => text === '' || isHttpUrl(text),
}

/** For requests and frames: JSON values have types, and `textReaders` converts what is text. */
const exact = createAjv(false)
/** For the environment and options: they are text, so numbers are converted. */
const converting = createAjv(true)

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({
    ...{ allErrors: true, coerceTypes, useDefaults: true, removeAdditional: false, strict: false },
    // The compiler checks the schemas. Compiling the schema of schemas would delay each start by 50 ms.
    validateSchema: false,
  })
  addFormats.default(ajv, ['email', 'date-time', 'uri'])
  for (const [name, check] of Object.entries(formats)) {
    ajv.addFormat(name, check)
    FormatRegistry.Set(name, check)
  }
  return ajv
}

/**
 * Creates a check that returns the value, typed, or throws RequestError 400 that names each invalid field. Nothing is
 * converted.
 */
export function createCheck<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  const validate = exact.compile<Static<S>>(schema)
  return (value) => {
    if (validate(value)) return value
    throw invalidInput(describe(validate))
  }
}

/** Ajv and `Number` would convert ` 80 `, `0x50`, `8e1` and `80.0`, too. */
const INTEGER = /^-?\d+$/

/**
 * Converts text fields, such as an environment, to the types of a schema, with its defaults. Integers are decimal digits.
 * Returns the errors on failure.
 */
export function readText<S extends TObject>(schema: S, fields: Record<string, string | undefined>) {
  const validate = converting.compile<Static<S>>(schema)
  const isWrong = ([name, text]: [string, string | undefined]) =>
    text !== undefined && schema.properties[name]?.['type'] === 'integer' && !INTEGER.test(text)
  // The text `NaN` is no number for Ajv.
  const value: unknown = Object.fromEntries(
    Object.entries(fields).map((field) => (isWrong(field) ? [field[0], 'NaN'] : field)),
  )
  return validate(value) ? { value } : { errors: describe(validate) }
}

type Fields = Record<string, unknown>

/** Converts the fields that the schema calls integers. What is no integer stays a text, which the check then refuses. */
function createIntegerReader({ properties }: TObject) {
  const names = Object.keys(properties).filter((name) => properties[name]?.['type'] === 'integer')
  return (fields: Fields): Fields => {
    for (const name of names) {
      const text = fields[name]
      if (typeof text === 'string' && INTEGER.test(text)) fields[name] = Number(text)
    }
    return fields
  }
}

/** Decodes the headers that the schema names: Node.js reads all bytes as Latin-1, also those that are UTF-8. */
function createHeaderReader({ properties }: TObject) {
  const names = Object.keys(properties)
  return (headers: Fields): Fields => {
    const decoded = { ...headers }
    for (const name of names) {
      const text = headers[name]
      if (typeof text === 'string') decoded[name] = decode(text)
    }
    return decoded
  }
}

function decode(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : latin1
}

/** How the parts of a request that are text are read. A body is JSON. */
const textReaders: Record<string, (schema: TObject) => (fields: Fields) => Fields> = {
  params: createIntegerReader,
  querystring: createIntegerReader,
  headers: createHeaderReader,
}

/** Fastify's validator of one part of a request. It is compiled with the first request, so that a node starts quickly. */
export function compileRequestPart({ schema, httpPart = 'body' }: { schema: unknown; httpPart?: string }) {
  const read = textReaders[httpPart]?.(schema as TObject)
  let validate: ValidateFunction | undefined
  return (given: unknown) => {
    validate ??= exact.compile(schema as TSchema)
    const value = read === undefined ? given : read(given as Fields)
    return validate(value) ? { value } : { error: invalidInput(describe(validate)) }
  }
}

/** Longer names and messages are cut. */
const LONGEST_FIELD = 100
const LONGEST_MESSAGE = 200

interface DescribedError {
  error: ErrorObject
  /** For a union, the errors of its branches. */
  branches: ErrorObject[]
}

/** Describes the errors, in time proportional to their number. */
function describe({ errors }: ValidateFunction): FieldErrors {
  const described: DescribedError[] = []
  for (const error of errors ?? []) {
    described.push({ error, branches: error.keyword === 'anyOf' ? takeBranches(described, error) : [] })
  }
  return described.map(({ error, branches }) => ({
    field: shorten(fieldOf(error), LONGEST_FIELD),
    message: shorten(messageOf(error, branches), LONGEST_MESSAGE),
  }))
}

/** Ajv lists the errors of a union's branches directly before the error of the union. */
function takeBranches(described: DescribedError[], union: ErrorObject): ErrorObject[] {
  let first = described.length
  while (described[first - 1]?.error.schemaPath.startsWith(`${union.schemaPath}/`)) first--
  return described.splice(first).flatMap(({ error, branches }) => [...branches, error])
}

const shorten = (text: string, most: number) => (text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text)

/** For a choice between constants, the message names them instead of the error of each. */
function messageOf({ message = 'is not valid' }: ErrorObject, branches: ErrorObject[]): string {
  const choices = branches.flatMap(({ keyword, params }) =>
    keyword === 'const' ? [String(params['allowedValue'])] : [],
  )
  return choices.length > 0 ? `must be one of ${choices.join(', ')}` : message
}

function fieldOf({ instancePath, params }: ErrorObject): string {
  const missing = (params as { missingProperty?: string }).missingProperty
  const path = instancePath.slice(1).replaceAll('/', '.')
  return [path, missing].filter(Boolean).join('.') || 'body'
}
