import { Type } from '@sinclair/typebox'
import { MAX_SESSIONS_PER_RESUME } from '../limits.js'
import { IdSchema } from './id.js'
import { AdminMessageInputSchema, StoreMessageInputSchema } from './messages.js'

const InSession = { session_id: IdSchema }

export const TypingSchema = Type.Object({ is_typing: Type.Boolean() })

export const ResumeSchema = Type.Object({
  sessions: Type.Record(Type.String({ pattern: '^[1-9][0-9]{0,15}$' }), Type.Integer({ minimum: 0 }), {
    maxProperties: MAX_SESSIONS_PER_RESUME,
    description: 'The last seq seen, by session id.',
  }),
  epoch: Type.Optional(
    Type.String({
      maxLength: 100,
      format: 'text',
      description:
        'The `epoch` of the `ready` frame that these seqs go back to. Without it, a database that was restored is noticed only by a seq that it has not reached.',
    }),
  ),
})

const EmptySchema = Type.Object({})

/** What each side may send, by type. */
export const clientFrames = {
  store: {
    message: StoreMessageInputSchema,
    typing: TypingSchema,
    read: EmptySchema,
    resume: ResumeSchema,
    ping: EmptySchema,
  },
  admin: {
    message: AdminMessageInputSchema,
    typing: Type.Object({ ...TypingSchema.properties, ...InSession }),
    read: Type.Object(InSession),
    resume: ResumeSchema,
    ping: EmptySchema,
  },
} as const

export type ClientFrameType = keyof typeof clientFrames.store
