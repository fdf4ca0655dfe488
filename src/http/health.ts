import { Type } from '@sinclair/typebox'
import { findObstacle } from '../database/startup/readiness.js'
import { refusals, type App } from './describe-route.js'
import { unavailable } from '../errors/request-error.js'

const status = Type.Literal('ok')
const ReadinessSchema = Type.Object({
  status,
  relay: Type.Boolean({ description: 'Whether events reach other nodes at the moment.' }),
  dropped: Type.Integer({
    description: 'Announcements that could not be published since the start; nothing is lost by it.',
  }),
})

/** Tells orchestrators whether to restart this node (live), and whether to send it requests (ready). */
export async function healthRoutes(app: App): Promise<void> {
  app.get(
    '/health/live/',
    {
      schema: { tags: ['operation'], summary: 'Whether the process works', response: { 200: Type.Object({ status }) } },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/health/ready/',
    {
      schema: {
        tags: ['operation'],
        summary: 'Whether this node takes requests',
        description:
          '503 while it drains, or its database is away or read-only. A Redis that is away does not make it unready.',
        response: { 200: ReadinessSchema, ...refusals(503) },
      },
    },
    async () => {
      if (app.isDraining()) throw unavailable('This node is shutting down')
      const obstacle = await findObstacle(app.db)
      if (obstacle !== undefined) throw unavailable(obstacle)
      return { status: 'ok' as const, relay: app.pubsub.isUp(), dropped: app.pubsub.counts.dropped }
    },
  )
}
