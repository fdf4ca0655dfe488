import { Type, type Static } from '@sinclair/typebox'
import type { Database } from '../database/database.js'
import { conflict } from '../errors/request-error.js'
import type { PlatformAdmin, PlatformStore, Store } from '../protocol/schemas/accounts.js'
import type { AdminRole } from '../protocol/account.js'

/** Prisma's API of some tables: the client's, or a transaction's. */
type Tables = Pick<Database['prisma'], 'store' | 'admin' | 'chatMessage'>

const NameSchema = Type.String({
  minLength: 1,
  maxLength: 200,
  format: 'text',
  pattern: '\\S',
  examples: ['Tech Store'],
})

export const StoreInputSchema = Type.Object({
  name: NameSchema,
  logo_url: Type.Optional(
    Type.String({ maxLength: 2048, format: 'http-url-or-empty', examples: ['https://example.com/logo.png'] }),
  ),
  email: Type.Optional(
    Type.String({
      maxLength: 320,
      format: 'text',
      description: 'Any text is stored, but only a single e-mail address gets mails.',
      examples: ['hello@example.com'],
    }),
  ),
})
export type StoreInput = Static<typeof StoreInputSchema>

export const AdminInputSchema = Type.Object({ name: NameSchema })
export type AdminInput = Static<typeof AdminInputSchema>

/**
 * Creates a store under the given id, or under the next free one.
 * @throws RequestError 409 when the id is taken
 */
export async function createStore(db: Database, { id, ...input }: StoreInput & { id?: number }): Promise<Store> {
  const { name, logo_url = '', email = '' } = input
  const row = await insertUnderId(
    'store',
    id,
    (storeId) =>
      db.prisma.store.createManyAndReturn({
        data: [{ id: storeId, name, logoUrl: logo_url, email }],
        skipDuplicates: true,
      }),
    () => db.prisma.store.aggregate({ _max: { id: true } }),
  )
  return toStore(row)
}

/**
 * Creates an admin under the given id, or under the next free one. Earlier messages are no notifications for it.
 * @throws RequestError 409 when the id is taken
 */
export async function createAdmin(
  db: Database,
  { id, name, role = 'agent' }: AdminInput & { id?: number; role?: AdminRole },
): Promise<PlatformAdmin> {
  const notificationsReadUpTo = await newestMessageId(db.prisma)
  const row = await insertUnderId(
    'admin',
    id,
    (adminId) =>
      db.prisma.admin.createManyAndReturn({
        data: [{ id: adminId, name, role, notificationsReadUpTo }],
        skipDuplicates: true,
      }),
    () => db.prisma.admin.aggregate({ _max: { id: true } }),
  )
  return toPlatformAdmin(row)
}

/** Creates or replaces the profile of a store. Fields that are left out become empty. */
export async function upsertStore(db: Tables, id: number, input: StoreInput): Promise<PlatformStore> {
  const { name, logo_url = '', email = '' } = input
  const values = { name, logoUrl: logo_url, email, profileAt: new Date() }
  return toPlatformStore(await db.store.upsert({ where: { id }, create: { id, ...values }, update: values }))
}

/** Creates or renames an admin. */
export async function upsertAdmin(db: Tables, id: number, { name }: AdminInput): Promise<PlatformAdmin> {
  const notificationsReadUpTo = await newestMessageId(db)
  const values = { name, profileAt: new Date() }
  return toPlatformAdmin(
    await db.admin.upsert({ where: { id }, create: { id, ...values, notificationsReadUpTo }, update: values }),
  )
}

/** The name of a store or an admin that exists. */
export async function readAccountName(db: Database, side: 'store' | 'admin', id: number): Promise<string> {
  const query = { where: { id }, select: { name: true } }
  const { name } =
    side === 'store' ? await db.prisma.store.findUniqueOrThrow(query) : await db.prisma.admin.findUniqueOrThrow(query)
  return name
}

async function newestMessageId(db: Tables): Promise<bigint> {
  const { _max } = await db.chatMessage.aggregate({ _max: { id: true } })
  return _max.id ?? 0n
}

/** When another request takes the next free id meanwhile, the one after it is tried. */
async function insertUnderId<Row>(
  kind: string,
  id: number | undefined,
  insert: (id: number) => Promise<Row[]>,
  readLargest: () => Promise<{ _max: { id: bigint | null } }>,
): Promise<Row> {
  for (;;) {
    const candidate = id ?? Number((await readLargest())._max.id ?? 0n) + 1
    if (!Number.isSafeInteger(candidate)) throw conflict(`No id is left above the largest ${kind}; choose one`)
    const [row] = await insert(candidate)
    if (row !== undefined) return row
    if (id !== undefined) throw conflict(`The ${kind} ${id} exists already`)
  }
}

interface StoreRow {
  id: bigint
  name: string
  logoUrl: string
  email: string
}

interface AdminRow {
  id: bigint
  name: string
  role: AdminRole
  active: boolean
}

const toStore = ({ id, name, logoUrl, email }: StoreRow): Store => ({ id: Number(id), name, logo_url: logoUrl, email })
export const toPlatformStore = (row: StoreRow & { active: boolean }): PlatformStore => ({
  ...toStore(row),
  active: row.active,
})
export const toPlatformAdmin = ({ id, name, role, active }: AdminRow): PlatformAdmin => {
  return { id: Number(id), name, role, active }
}
