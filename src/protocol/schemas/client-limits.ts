import { Type, type Static } from '@sinclair/typebox'

/** What a client may send on one socket. */
export const ClientLimitsSchema = Type.Object(
  {
    frame_bytes: Type.Integer({ description: 'The largest frame.' }),
    frames_per_second: Type.Integer({ description: 'Frames in the long run, control frames included.' }),
    frame_burst: Type.Integer({ description: 'Frames at once.' }),
  },
  { description: 'What a client may send on one socket.' },
)

export type ClientLimits = Static<typeof ClientLimitsSchema>
