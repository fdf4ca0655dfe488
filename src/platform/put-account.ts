import {
  toPlatformAdmin,
  toPlatformStore,
  upsertAdmin,
  upsertStore,
  type AdminInput,
  type StoreInput,
} from '../accounts/accounts.js'
import type { PlatformAdmin, PlatformStore } from '../protocol/schemas/accounts.js'
import type { AdminRole } from '../protocol/account.js'
import { switchAccount, type PlatformDeps } from './switch-account.js'

/**
 * Creates or replaces a store. An absent `active` leaves it unchanged. When a store is switched off, its tokens and
 * JWTs stop working on every node within a second.
 */
export async function putStore(
  { db, pubsub }: PlatformDeps,
  id: number,
  { active, ...input }: StoreInput & { active?: boolean },
): Promise<PlatformStore> {
  if (active === undefined) return upsertStore(db.prisma, id, input)
  const { store, publish } = await db.prisma.$transaction(async (tx) => {
    await upsertStore(tx, id, input)
    const publish = await switchAccount(tx, { side: 'store', id }, { active })
    return { store: toPlatformStore(await tx.store.findUniqueOrThrow({ where: { id } })), publish }
  })
  publish(pubsub)
  return store
}

/**
 * Creates or replaces an admin. An absent `role` or `active` leaves it unchanged. When an admin is switched off, its
 * sessions are released, each with its event.
 */
export async function putAdmin(
  { db, pubsub }: PlatformDeps,
  id: number,
  { role, active, ...input }: AdminInput & { role?: AdminRole; active?: boolean },
): Promise<PlatformAdmin> {
  if (role === undefined && active === undefined) return upsertAdmin(db.prisma, id, input)
  const { admin, publish } = await db.prisma.$transaction(async (tx) => {
    await upsertAdmin(tx, id, input)
    const access = { ...(role && { role }), ...(active !== undefined && { active }) }
    const publish = await switchAccount(tx, { side: 'admin', id }, access)
    return { admin: toPlatformAdmin(await tx.admin.findUniqueOrThrow({ where: { id } })), publish }
  })
  publish(pubsub)
  return admin
}
