import { Type, type Static } from '@sinclair/typebox'
import type { Config } from './config.js'

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

export const readClientLimits = ({ socketFrameBytes, socketLimits }: Config): ClientLimits => ({
  frame_bytes: socketFrameBytes,
  frames_per_second: socketLimits.framesPerSecond,
  frame_burst: socketLimits.frameBurst,
})
