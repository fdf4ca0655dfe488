import { Type } from '@sinclair/typebox'
import { Prisma } from '../generated/prisma/client.js'
import { refusals, type App } from '../http.js'
import { unavailable } from '../errors.js'

const HealthSchema = Type.Object({ status: Type.Literal('ok'), relay: Type.Optional(Type.Boolean()) })

/** For orchestrators: whether to restart this node (live), and whether to send it requests (ready). */
export async function healthRoutes(app: App): Promise<void> {
  app.get(
    '/health/live/',
    { schema: { tags: ['operation'], summary: 'Whether the process works', response: { 200: HealthSchema } } },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/health/ready/',
    {
      schema: {
        tags: ['operation'],
        summary: 'Whether this node takes requests',
        description: '503 while it drains or its database is away. A Redis that is away does not make it unready.',
        response: { 200: HealthSchema, ...refusals(503) },
      },
    },
    async () => {
      if (app.isDraining()) throw unavailable('This node is shutting down')
      await app.db.$queryRaw(Prisma.sql`select 1 as one`)
      return { status: 'ok' as const, relay: app.relay.isUp() }
    },
  )
}
