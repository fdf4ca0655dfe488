import type { RequestError } from './request-error.js'
import { errorCodes } from '../protocol/codes.js'
import { encodeFrame } from '../protocol/encode-frame.js'
import type { FieldErrors } from '../protocol/schemas/error-body.js'

/** Which frame of a client an `error` answers, as far as it could be read. */
export interface Answered {
  type?: string | undefined
  session_id?: number | undefined
  client_message_id?: string | undefined
}

const LONGEST_TEXT = 500

const describeField = ({ field, message }: FieldErrors[number]) => `${field} ${message}`

/** An `error` frame; `code` is for programs, `message` for people. */
export function errorFrame({ statusCode, message, fields }: RequestError, answered: Answered = {}): string {
  const text = fields ? [...fields.map(describeField), message].join('; ') : message
  return encodeFrame('error', {
    code: errorCodes[statusCode] ?? 'error',
    message: text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text,
    ...answered,
  })
}
