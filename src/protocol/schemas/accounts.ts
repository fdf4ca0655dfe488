import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from './id.js'

export const StoreSchema = Type.Object(
  { id: IdSchema, name: Type.String(), logo_url: Type.String(), email: Type.String() },
  { title: 'Store' },
)

export type Store = Static<typeof StoreSchema>

export const AdminSchema = Type.Object({ id: IdSchema, name: Type.String() }, { title: 'Admin' })

export type Admin = Static<typeof AdminSchema>

export const AdminRoleSchema = Type.Union([Type.Literal('agent'), Type.Literal('supervisor')], {
  description: 'A supervisor may read, release, transfer and close any session.',
})

const ActiveSchema = Type.Boolean({ description: 'false: switched off; none of its tokens works.' })

/** A store as the platform sees it. */
export const PlatformStoreSchema = Type.Object(
  { ...StoreSchema.properties, active: ActiveSchema },
  { title: 'PlatformStore' },
)

export type PlatformStore = Static<typeof PlatformStoreSchema>

/** An admin as the platform sees it. */
export const PlatformAdminSchema = Type.Object(
  { ...AdminSchema.properties, role: AdminRoleSchema, active: ActiveSchema },
  { title: 'PlatformAdmin' },
)

export type PlatformAdmin = Static<typeof PlatformAdminSchema>
