import { Type } from '@sinclair/typebox'
import type { Config } from '../config.js'
import { describeRoute, refusals, type App } from '../http.js'
import { IdSchema, readAccountName } from './accounts.js'

const LimitsSchema = Type.Object({
  frame_bytes: Type.Integer({ description: 'Largest frame that a socket takes.' }),
  frames_per_second: Type.Integer({ description: 'Frames that a socket takes per second, in the long run.' }),
  frame_burst: Type.Integer({ description: 'Frames that a socket takes at once.' }),
})
const MeSchema = Type.Object(
  {
    side: Type.Union([Type.Literal('store'), Type.Literal('admin')]),
    id: IdSchema,
    name: Type.String(),
    limits: LimitsSchema,
  },
  { title: 'Me' },
)

/** Whose token it is, and what the service takes from it. */
export async function meRoutes(app: App, { config }: { config: Config }): Promise<void> {
  const limits = {
    frame_bytes: config.socketFrameBytes,
    frames_per_second: config.socketLimits.framesPerSecond,
    frame_burst: config.socketLimits.frameBurst,
  }
  app.get(
    '/me/',
    {
      onRequest: app.requireAccount(),
      schema: {
        ...describeRoute('both', 'Get your own account and the limits of its sockets'),
        response: { 200: MeSchema, ...refusals(401, 503) },
      },
    },
    async ({ account: { side, id } }) => ({ side, id, name: await readAccountName(app.db, side, id), limits }),
  )
}
