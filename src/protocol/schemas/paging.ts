import { Type } from '@sinclair/typebox'

/** The default size of a page. */
export const PAGE_SIZE = 50

/** The `limit` of a paged route. */
export const LimitSchema = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 200, default: PAGE_SIZE, description: 'Page size.' }),
)
