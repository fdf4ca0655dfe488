import { Type, type Static } from '@sinclair/typebox'

const Count = Type.Integer({ minimum: 0 })
const Seconds = Type.Union([Count, Type.Null()], { description: 'Seconds; null where no session counts.' })
const durations = (description: string) => Type.Object({ p50: Seconds, p90: Seconds, count: Count }, { description })

export const ReportGroupSchema = Type.Union(
  [Type.Literal('day'), Type.Literal('hour'), Type.Literal('admin'), Type.Literal('tag')],
  {
    default: 'day',
    description: 'By the day they began, by the hour of the day (0–23), by who held them last, by tag.',
  },
)
export type ReportGroup = Static<typeof ReportGroupSchema>

const rowFields = {
  sessions: Type.Integer({ minimum: 0, description: 'Sessions that began in this time.' }),
  closed: Type.Integer({ minimum: 0, description: 'How many of them are closed.' }),
  waiting_until_claimed: durations('From the beginning to the first claim.'),
  waiting_until_answered: durations('From the beginning to the first message of an admin.'),
  duration: durations('From the beginning to the end.'),
  ratings: Type.Object({
    count: Count,
    average: Type.Union([Type.Number({ minimum: 1, maximum: 5 }), Type.Null()]),
    '1': Count,
    '2': Count,
    '3': Count,
    '4': Count,
    '5': Count,
  }),
}
export const ReportRowSchema = Type.Object(rowFields, { title: 'ReportRow' })
export type ReportRow = Static<typeof ReportRowSchema>

export const GroupedReportRowSchema = Type.Object(
  {
    key: Type.String({
      description: 'A date, an hour (`0` to `23`), the id of an admin (`none`: nobody), or a tag.',
      examples: ['2026-11-25'],
    }),
    name: Type.Optional(Type.String({ description: "An admin's name." })),
    ...rowFields,
  },
  { title: 'GroupedReportRow' },
)
export type GroupedReportRow = Static<typeof GroupedReportRowSchema>

export const ReportSchema = Type.Object(
  {
    from: Type.String({ format: 'date-time' }),
    to: Type.String({ format: 'date-time' }),
    timezone: Type.String(),
    total: ReportRowSchema,
    data: Type.Array(GroupedReportRowSchema, {
      description: 'Days and hours in their order, also those without a session; admins and tags by their sessions.',
    }),
  },
  { title: 'Report' },
)
export type Report = Static<typeof ReportSchema>
