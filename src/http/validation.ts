import { FormatRegistry, type Static, type TObject, type TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { invalidInput } from '../errors/request-error.js'
import type { FieldErrors } from '../protocol/schemas/error-body.js'

/** Text that PostgreSQL can hold: no NUL, no lone surrogate (which UTF-8 cannot say). */
export const isStorableText = (text: string) => text.isWellFormed() && !text.includes('\0')

const isHttpUrl = (text: string) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return (url?.protocol === 'http:' || url?.protocol === 'https:') && isStorableText(text) && !/\s/.test(text)
}

/** Formats of our own, beside those of JSON Schema. */
const formats: Record<string, (text: string) => boolean> = {
  text: isStorableText,
  'http-url': isHttpUrl,
  'http-url-or-empty': (text) => text === '' || isHttpUrl(text),
}

/** Bodies and frames are JSON and have types of their own. */
const exact = createAjv(false)
/** Queries, path parameters and the environment are text, so numbers in them are converted. */
const converting = createAjv(true)

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ allErrors: true, coerceTypes, useDefaults: true, removeAdditional: false, strict: false })
  addFormats.default(ajv, ['email', 'date-time', 'uri'])
  for (const [name, check] of Object.entries(formats)) {
    ajv.addFormat(name, check)
    FormatRegistry.Set(name, check)
  }
  return ajv
}

/** A check that returns the value, typed, or throws a 400 that names each field. JSON values are taken as they are. */
export function createCheck<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  const validate = exact.compile<Static<S>>(schema)
  return (value) => {
    if (validate(value)) return value
    throw invalidInput(describe(validate))
  }
}

/** Reads text fields (an environment, say) into a schema's types and defaults; on failure it returns what is wrong. */
export function readText<S extends TObject>(schema: S, fields: Record<string, string | undefined>) {
  const validate = converting.compile<Static<S>>(schema)
  const value: unknown = { ...fields }
  return validate(value) ? { value } : { errors: describe(validate) }
}

/** For Fastify: a validator of one part of a request. It is compiled with the first of them, so that a node starts soon. */
export function compileRequestPart({ schema, httpPart }: { schema: unknown; httpPart?: string }) {
  let validate: ValidateFunction | undefined
  return (value: unknown) => {
    validate ??= (httpPart === 'body' ? exact : converting).compile(schema as TSchema)
    return validate(value) ? { value } : { error: invalidInput(describe(validate)) }
  }
}

/** Longer names and messages tell nobody more. */
const LONGEST_FIELD = 100
const LONGEST_MESSAGE = 200

interface DescribedError {
  error: ErrorObject
  /** Of a union: how each of its choices failed. */
  branches: ErrorObject[]
}

/** Says what is wrong where, in time proportional to the number of errors. */
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

/** Ajv puts the errors of a union's branches directly before that of the union. */
function takeBranches(described: DescribedError[], union: ErrorObject): ErrorObject[] {
  let first = described.length
  while (described[first - 1]?.error.schemaPath.startsWith(`${union.schemaPath}/`)) first--
  return described.splice(first).flatMap(({ error, branches }) => [...branches, error])
}

const shorten = (text: string, most: number) => (text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text)

/** Of a choice between constants it names those, instead of how each of them failed. */
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
