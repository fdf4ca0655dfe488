import { Type } from '@sinclair/typebox'

/** A platform's own id, and every id here: a JSON integer that JavaScript can hold. */
export const IdSchema = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [5] })
