import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { forbidden } from '../errors/request-error.js'
import { TagInputSchema } from '../protocol/schemas/desk.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { ReportGroupSchema, ReportSchema } from '../protocol/schemas/reports.js'
import { MomentSchema } from '../times/read-moment.js'
import { TimezoneSchema } from '../times/timezone.js'
import { createReport } from './create-report.js'
import { writeReport } from './report-csv.js'

/** Reports of all sessions, for supervisors. */
export async function reportRoutes(app: App): Promise<void> {
  app.addHook('onRequest', app.requireAccount('admin'))

  app.get(
    '/admin/reports/',
    {
      schema: {
        ...describeRoute('admin', 'Report on sessions, as a supervisor'),
        description: 'Of the sessions that began in a time of a year at most. With `format=csv` it is a file.',
        querystring: Type.Object({
          from: MomentSchema('Sessions that began then or later. Default: thirty days before `to`.'),
          to: MomentSchema('Sessions that began before. Default: now.'),
          timezone: TimezoneSchema,
          group: ReportGroupSchema,
          admin_id: Type.Optional(IdSchema),
          tag: Type.Optional(TagInputSchema),
          format: Type.Union([Type.Literal('json'), Type.Literal('csv')], { default: 'json' }),
        }),
        response: { 200: Type.Union([ReportSchema, Type.String()]), ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ account, query }, reply) => {
      if (account.role !== 'supervisor') throw forbidden()
      const report = await createReport(app.reportDeps, query)
      if (query.format === 'json') return report
      return reply
        .headers({
          'content-type': 'text/csv; charset=utf-8; header=present',
          'content-disposition': `attachment; filename="report-${report.from.slice(0, 10)}-${query.group}.csv"`,
        })
        .send(writeReport(report))
    },
  )
}
