import { Type, type Static } from '@sinclair/typebox'

/** The error body of every route. */
export const ErrorBodySchema = Type.Object(
  {
    success: Type.Literal(false),
    message: Type.String({ description: 'For people; it may change.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
        description: 'Only with 400: what is wrong where.',
      }),
    ),
  },
  { title: 'Error' },
)

export type ErrorBody = Static<typeof ErrorBodySchema>

export type FieldErrors = NonNullable<ErrorBody['errors']>
