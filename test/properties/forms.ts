import fc from 'fast-check'
import { wildText } from './wild-values.js'

const BOUNDARY = 'fuzz'

/** A form, mostly with one small file, or a body that is not a form. */
export function anyForm(ids: readonly number[]): fc.Arbitrary<{ headers: Record<string, string>; body: string }> {
  const name = fc.oneof(
    fc.constantFrom('a.txt', 'a.csv', 'a.png', 'a', '../a.txt'),
    fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => `${text.toWellFormed()}.txt`),
  )
  const content = fc.oneof(
    fc.constantFrom('hello', '', '<script>', '%PDF-1.7', 'GIF89a', 'PK\x03\x04', '\0'),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
  )
  const file = fc
    .tuple(fc.constantFrom('file', 'file', 'file', 'other'), name, content)
    .map(([field, name, content]) => `form-data; name="${field}"; filename="${name}"\r\n\r\n${content}`)
  const field = fc
    .tuple(
      fc.constantFrom('session_id', 'x'),
      fc.oneof(fc.constantFrom(...ids).map(String), fc.constantFrom('', 'x', '1e9')),
    )
    .map(([field, value]) => `form-data; name="${field}"\r\n\r\n${value}`)
  const parts = fc.tuple(
    fc.array(field, { maxLength: 2 }),
    fc.array(file, { minLength: 0, maxLength: 2 }),
    fc.boolean(),
  )
  const form = parts.map(([fields, files, isFileFirst]) => {
    const sorted = isFileFirst ? [...files, ...fields] : [...fields, ...files]
    const written = sorted.map((part) => `--${BOUNDARY}\r\ncontent-disposition: ${part}\r\n`)
    return `${written.join('')}--${BOUNDARY}--\r\n`
  })
  const body = fc.oneof({ arbitrary: form, weight: 8 }, { arbitrary: wildText, weight: 1 })
  return body.map((body) => ({ body, headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` } }))
}
