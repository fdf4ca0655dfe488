import { Type, type Static } from '@sinclair/typebox'
import { StoreSchema } from './accounts.js'
import { SessionForAdminsSchema } from './desk.js'
import { MessageSchema } from './messages.js'

const offset = Type.Integer({ minimum: 0 })

/** A page of what a search has found. */
export const SearchPageSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      message: MessageSchema,
      session: SessionForAdminsSchema,
      store: StoreSchema,
      highlights: Type.Array(Type.Array(offset, { minItems: 2, maxItems: 2 }), {
        description: 'What was found in `message.content`: start and end, in UTF-16 code units; the end is not in it.',
      }),
    }),
    { description: 'Newest first.' },
  ),
  next_cursor: Type.Union([Type.String(), Type.Null()], {
    description: 'null at the end. A page may be short, or empty, before it: then the search goes on from the cursor.',
  }),
})

export type SearchPage = Static<typeof SearchPageSchema>
