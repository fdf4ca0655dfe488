import { Type, type Static } from '@sinclair/typebox'
import { AdminRoleSchema, StoreSchema } from './accounts.js'
import { IdSchema } from './id.js'
import { MessageSchema } from './messages.js'
import { messages, SessionSchema } from './sessions.js'

const time = Type.String({ format: 'date-time' })

export const MAX_TAGS = 10
export const MAX_TAG_LENGTH = 32
export const MAX_PRIORITY = 3

export const PrioritySchema = Type.Integer({
  minimum: 0,
  maximum: MAX_PRIORITY,
  description: '0 is normal, 3 the most urgent.',
})

/** A tag as it is stored. */
export const TagSchema = Type.String({ minLength: 1, maxLength: MAX_TAG_LENGTH, examples: ['refund'] })

const spelling = 'White space around a tag is removed, and letters become lower case: one tag has one spelling.'

/** A tag as a client may write it. */
export const TagInputSchema = Type.String({
  minLength: 1,
  maxLength: 100,
  format: 'text',
  description: `${MAX_TAG_LENGTH} characters at most. ${spelling}`,
  examples: ['refund'],
})

/**
 * What only admins may know of a session. A field that is added here reaches admins, and never a store: the compiler takes
 * nothing that has these fields for a `Session`.
 */
export const sessionDetails = {
  tags: Type.Array(TagSchema, { maxItems: MAX_TAGS, description: 'Sorted, in lower case.' }),
  priority: PrioritySchema,
}
export const SessionDetailsSchema = Type.Object(sessionDetails, { title: 'SessionDetails' })
export type SessionDetails = Static<typeof SessionDetailsSchema>

export const SessionDetailsInputSchema = Type.Object({
  session_id: IdSchema,
  tags: Type.Optional(
    Type.Array(TagInputSchema, {
      maxItems: MAX_TAGS,
      description: `The new tags, which replace all others. ${spelling}`,
    }),
  ),
  priority: Type.Optional(PrioritySchema),
})

/** How a store rates a session that is closed. */
export const RatingSchema = Type.Object(
  {
    session_id: IdSchema,
    score: Type.Integer({ minimum: 1, maximum: 5, description: '5 is the best.' }),
    comment: Type.String({ description: 'Empty when there is none.' }),
    created: time,
    updated: time,
  },
  { title: 'Rating' },
)
export type Rating = Static<typeof RatingSchema>

/** So long after its end a session may be rated. */
export const RATING_DAYS = 14

export const RatingInputSchema = Type.Object({
  session_id: IdSchema,
  score: Type.Integer({ minimum: 1, maximum: 5, description: '5 is the best.' }),
  comment: Type.Optional(Type.String({ maxLength: 1000, format: 'text', examples: ['Quick and friendly'] })),
})

const forAdmins = { ...SessionSchema.properties, ...sessionDetails }
const forAdminsWithStore = { ...forAdmins, store: StoreSchema }
const last_message = Type.Union([MessageSchema, Type.Null()])
const rating = Type.Union([RatingSchema, Type.Null()])

/** A session in the answers of `admin/*`, and nowhere else. */
export const SessionForAdminsSchema = Type.Object(forAdmins, { title: 'SessionForAdmins' })
export type SessionForAdmins = Static<typeof SessionForAdminsSchema>

export const SessionForAdminsWithStoreSchema = Type.Object(forAdminsWithStore, { title: 'SessionForAdminsWithStore' })
export type SessionForAdminsWithStore = Static<typeof SessionForAdminsWithStoreSchema>

/** A session in the list of open ones, or in an admin's list of its own. */
export const ListedSessionSchema = Type.Object({ ...forAdminsWithStore, last_message }, { title: 'ListedSession' })
export type ListedSession = Static<typeof ListedSessionSchema>

/** A session in the list of all. */
export const RatedSessionSchema = Type.Object({ ...ListedSessionSchema.properties, rating }, { title: 'RatedSession' })
export type RatedSession = Static<typeof RatedSessionSchema>

/** A session with its newest messages. */
export const AdminSessionSchema = Type.Object({ ...forAdminsWithStore, messages, rating }, { title: 'AdminSession' })
export type AdminSession = Static<typeof AdminSessionSchema>

/** Sessions that are not closed. */
export const SessionCountsSchema = Type.Object(
  {
    open: Type.Integer({ minimum: 0, description: 'Sessions that nobody holds. Exact.' }),
    my: Type.Integer({ minimum: 0, description: 'Sessions you hold. Exact.' }),
    urgent: Type.Integer({ minimum: 0, description: `Sessions of priority ${MAX_PRIORITY} that you may read.` }),
    tags: Type.Array(
      Type.Object({
        tag: TagSchema,
        count: Type.Integer({ minimum: 1, description: 'Sessions with this tag that you may read.' }),
      }),
      { description: 'By tag.' },
    ),
    capped: Type.Optional(
      Type.Literal(true, {
        description:
          'Only when `urgent`, or the count of a tag, may be larger than what is given, or a tag is missing.',
      }),
    ),
  },
  { title: 'SessionCounts' },
)
export type SessionCounts = Static<typeof SessionCountsSchema>

/** An admin as its colleagues see it. */
export const ColleagueSchema = Type.Object(
  {
    id: IdSchema,
    name: Type.String(),
    role: AdminRoleSchema,
    online: Type.Boolean({ description: 'Whether one of its sockets is connected.' }),
    held: Type.Integer({ minimum: 0, description: 'How many sessions it holds.' }),
  },
  { title: 'Colleague' },
)
export type Colleague = Static<typeof ColleagueSchema>

/** What admins write to each other about a session. Its store never sees it. */
export const NoteSchema = Type.Object(
  {
    id: IdSchema,
    session_id: IdSchema,
    admin_id: Type.Integer({ ...IdSchema, description: 'Who wrote it.' }),
    admin_name: Type.String(),
    content: Type.String(),
    created: time,
    deleted: Type.Optional(
      Type.Literal(true, { description: 'Only in the frame that tells of it; `content` is empty.' }),
    ),
  },
  { title: 'Note' },
)
export type Note = Static<typeof NoteSchema>

export const NoteContentSchema = Type.String({
  minLength: 1,
  maxLength: 10_000,
  format: 'text',
  pattern: '\\S',
  examples: ['Has called twice already'],
})

export const NoteInputSchema = Type.Object({
  session_id: IdSchema,
  content: NoteContentSchema,
  client_note_id: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      format: 'text',
      description: 'Makes the request idempotent: the same id again returns the first note.',
      examples: ['0d9f4c1e-6c3b'],
    }),
  ),
})
export type NoteInput = Static<typeof NoteInputSchema>

/** A prepared answer: an admin's own, or one for all. */
export const CannedReplySchema = Type.Object(
  {
    id: IdSchema,
    admin_id: Type.Union([IdSchema, Type.Null()], { description: 'Whose it is; null when it is shared.' }),
    shared: Type.Boolean({ description: 'Whether every admin may use it.' }),
    shortcut: Type.String({ description: 'In lower case.' }),
    content: Type.String(),
    uses: Type.Integer({ minimum: 0, description: 'How often you have used it.' }),
    created: time,
    updated: time,
  },
  { title: 'CannedReply' },
)
export type CannedReply = Static<typeof CannedReplySchema>

/** Characters. */
export const MAX_SHORTCUT_LENGTH = 32

export const CannedReplyInputSchema = Type.Object({
  shortcut: Type.String({
    minLength: 1,
    maxLength: MAX_SHORTCUT_LENGTH,
    format: 'text',
    // Letters, marks, digits and a few signs: what can be typed behind a slash without an end in sight.
    pattern: '^[\\p{L}\\p{M}\\p{N}_.-]+$',
    description:
      'Letters, digits, `_`, `.` and `-`. Letters become lower case. Unique among your own, and among the shared ones.',
    examples: ['refund'],
  }),
  content: Type.String({
    minLength: 1,
    maxLength: 10_000,
    format: 'text',
    pattern: '\\S',
    description: '`{{store.name}}` and `{{admin.name}}` are filled in when it is used, as plain text.',
    examples: ['Hello {{store.name}}, your refund is on its way. {{admin.name}}'],
  }),
  shared: Type.Optional(
    Type.Boolean({ description: 'For all admins; only supervisors may write those. Default: false, or as it was.' }),
  ),
})
export type CannedReplyInput = Static<typeof CannedReplyInputSchema>

/** The payloads of the frames that only admins get. They carry no `seq`: who was away reads again. */
export const sessionDetailsFrame = Type.Object(
  { session_id: IdSchema, ...sessionDetails },
  { description: 'To every admin: tags or priority of a session were changed. After a reconnect, read again.' },
)
export const noteFrame = Type.Object(
  { note: NoteSchema },
  {
    description:
      'To the admins who may read the session, and to its author: a note was written or deleted. After a reconnect, read again.',
  },
)
