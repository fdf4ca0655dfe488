import { Type } from '@sinclair/typebox'

/** Every id, the platform's own ones included: a JSON integer that JavaScript can represent. */
export const IdSchema = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [5] })
