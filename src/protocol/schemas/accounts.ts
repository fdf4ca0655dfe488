import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from './id.js'

export const StoreSchema = Type.Object(
  { id: IdSchema, name: Type.String(), logo_url: Type.String(), email: Type.String() },
  { title: 'Store' },
)

export type Store = Static<typeof StoreSchema>

export const AdminSchema = Type.Object({ id: IdSchema, name: Type.String() }, { title: 'Admin' })

export type Admin = Static<typeof AdminSchema>
