import { Type } from '@sinclair/typebox'
import { invalidInput } from '../errors/request-error.js'
import type { Side } from '../protocol/account.js'
import { IdSchema } from '../protocol/schemas/id.js'

/** A body names an account by one of the two. */
export const ownerFields = { store_id: Type.Optional(IdSchema), admin_id: Type.Optional(IdSchema) }

/** @throws RequestError 400 unless exactly one of them is given */
export function readOwner({ store_id, admin_id }: { store_id?: number; admin_id?: number }): {
  side: Side
  id: number
} {
  if (store_id !== undefined && admin_id === undefined) return { side: 'store', id: store_id }
  if (admin_id !== undefined && store_id === undefined) return { side: 'admin', id: admin_id }
  throw invalidInput([{ field: 'store_id', message: 'or admin_id is required, and only one of them' }])
}
