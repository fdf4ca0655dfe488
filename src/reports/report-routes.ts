import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { forbidden } from '../errors/request-error.js'
import { TagInputSchema } from '../protocol/schemas/desk.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { ReportGroupSchema, ReportSchema } from '../protocol/schemas/reports.js'
import { MomentSchema } from '../times/read-moment.js'
import { TimezoneSchema } from '../times/timezone.js'
import { createReport } from './create-report.js'
import { formatReport } from './report-csv.js'

/** The route of reports, for supervisors. */
export async function reportRoutes(app: App): Promise<void> {
  app.addHook('onRequest', app.requireAccount('admin'))

  app.get(
    '/admin/reports/',
    {
      schema: {
        ...describeRoute('admin', 'Get a report on sessions; supervisors only'),
        description:
          'Covers the sessions that were created in a period of at most a year. With `format=csv` the report is a file.',
        querystring: Type.Object({
          from: MomentSchema('Only sessions created at this time or later. Default: thirty days before `to`.'),
          to: MomentSchema('Only sessions created before this time. Default: now.'),
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
        .send(formatReport(report))
    },
  )
}
