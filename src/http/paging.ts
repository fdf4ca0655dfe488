import { Type } from '@sinclair/typebox'

/** How long a page is unless the caller says so. */
export const PAGE_SIZE = 50

/** The `limit` of a paged route. */
export const LimitSchema = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 200, default: PAGE_SIZE, description: 'Page size.' }),
)
