import { Type } from '@sinclair/typebox'
import t from 'tap'
import { RequestError } from '../../src/errors/request-error.js'
import { compileRequestPart, createCheck, readText } from '../../src/http/validation.js'

const kind = Type.Union([
  Type.Literal('a'),
  Type.Literal('b'),
  Type.Object({ of: Type.Union([Type.Literal(1), Type.Null()]) }),
])
const schema = Type.Object({
  name: Type.String({ maxLength: 3, pattern: '^x' }),
  kind: Type.Optional(kind),
  list: Type.Optional(Type.Array(kind)),
  counts: Type.Optional(Type.Record(Type.String({ pattern: '^[1-9]+$' }), Type.Union([Type.Integer(), Type.Null()]))),
})

/** Sends a value and returns the refusal. */
function refuse(value: unknown): RequestError {
  try {
    createCheck(schema)(value)
  } catch (error) {
    if (error instanceof RequestError) return error
  }
  throw new Error('The value was not refused')
}

t.test('each fault is named by its field, and a union by what it offers', async (t) => {
  t.strictSame(refuse({}).fields, [{ field: 'name', message: "must have required property 'name'" }])
  t.strictSame(refuse({ name: 'yyyy', kind: 'c' }).fields, [
    { field: 'name', message: 'must NOT have more than 3 characters' },
    { field: 'name', message: 'must match pattern "^x"' },
    { field: 'kind', message: 'must be one of a, b' },
  ])
  t.match(refuse({ name: 'x', list: ['a', 'c', 'b', { of: 2 }] }).fields, [{ field: 'list.1' }, { field: 'list.3' }])
  t.match(refuse({ name: 'x', counts: { 1: 'one', 2: 2, 3: 'three' } }).fields, [
    { field: 'counts.1' },
    { field: 'counts.3' },
  ])
  t.equal(refuse({ name: 'x', counts: { 1: 'one' } }).fields?.length, 1, 'a union fails once')
})

t.test('of many faults the first are named, and the rest counted', async (t) => {
  const { message, fields, body } = refuse({ name: 'x', list: Array.from({ length: 20_000 }, () => ({ of: 'x' })) })
  t.equal(message, 'Invalid input; 19995 more errors are not listed')
  t.strictSame(
    fields?.map(({ field }) => field),
    ['list.0', 'list.1', 'list.2', 'list.3', 'list.4'],
  )
  t.ok(JSON.stringify(body).length < 1000)
})

t.test('every value of a record can be at fault', async (t) => {
  const counts = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, place) => [String(place).replaceAll('0', '9'), 'x']),
  )
  const { fields, body } = refuse({ name: 'x', counts })
  t.equal(fields?.length, 5)
  t.ok(JSON.stringify(body).length < 1000)
})

t.test('a fault is told in few characters, however long what is wrong is', async (t) => {
  const long = '1'.repeat(60_000)
  const { fields, body } = refuse({ name: 'x', counts: { [long]: 'x' } })
  t.equal(fields?.length, 1)
  t.ok(JSON.stringify(body).length < 500)
  const { error } = compileRequestPart({ schema, httpPart: 'body' })({ name: long })
  t.ok(error instanceof RequestError && JSON.stringify(error.body).length < 500)
})

t.test('what is wrong with a setting does not show its value', async (t) => {
  const settings = Type.Object({
    SECRET: Type.String({ pattern: '^[a-z]{4}$', maxLength: 4 }),
    URL: Type.String({ pattern: '^redis://' }),
    COUNT: Type.Integer({ minimum: 1 }),
    LEVEL: Type.Union([Type.Literal('info'), Type.Literal('debug')]),
  })
  const secret = 'S3cret/Pass#1'
  const { errors } = readText(settings, { SECRET: secret, URL: secret, COUNT: secret, LEVEL: secret })
  t.equal(errors?.length, 5, 'each of them is listed')
  t.notOk(JSON.stringify(errors).includes('cret'))
})
