import { toPlatformAdmin, toPlatformStore } from '../accounts/accounts.js'
import type { Database } from '../database/database.js'
import { invalidInput, notFound } from '../errors/request-error.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import type { PlatformAdmin, PlatformStore } from '../protocol/schemas/accounts.js'

export interface AccountPage {
  limit?: number
  /** `next_cursor` of the previous page. */
  cursor?: string
}

interface Page<Item> {
  data: Item[]
  /** null on the last page. */
  next_cursor: string | null
}

/**
 * Lists stores in the order of their ids.
 * @throws RequestError 400 the cursor is invalid
 */
export async function listStores(db: Database, page: AccountPage): Promise<Page<PlatformStore>> {
  return readPage(page, async (after, take) => {
    const rows = await db.prisma.store.findMany({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take })
    return rows.map(toPlatformStore)
  })
}

/**
 * Lists admins in the order of their ids.
 * @throws RequestError 400 the cursor is invalid
 */
export async function listAdmins(db: Database, page: AccountPage): Promise<Page<PlatformAdmin>> {
  return readPage(page, async (after, take) => {
    const rows = await db.prisma.admin.findMany({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take })
    return rows.map(toPlatformAdmin)
  })
}

/** @throws RequestError 404 */
export async function getStore(db: Database, id: number): Promise<PlatformStore> {
  const row = await db.prisma.store.findUnique({ where: { id } })
  if (row === null) throw notFound(`There is no store ${id}`)
  return toPlatformStore(row)
}

/** @throws RequestError 404 */
export async function getAdmin(db: Database, id: number): Promise<PlatformAdmin> {
  const row = await db.prisma.admin.findUnique({ where: { id } })
  if (row === null) throw notFound(`There is no admin ${id}`)
  return toPlatformAdmin(row)
}

/** Reads one item more than the page contains, to know whether there is another page. */
async function readPage<Item extends { id: number }>(
  { limit = PAGE_SIZE, cursor }: AccountPage,
  read: (after: number, take: number) => Promise<Item[]>,
): Promise<Page<Item>> {
  const items = await read(readCursor(cursor), limit + 1)
  const data = items.slice(0, limit)
  const last = data.at(-1)
  const next_cursor = items.length > limit && last ? Buffer.from(String(last.id)).toString('base64url') : null
  return { data, next_cursor }
}

/** A cursor is opaque to clients. It is the last id, as text in base64url. */
function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const text = Buffer.from(cursor, 'base64url').toString()
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw invalidInput([{ field: 'cursor', message: 'is not a cursor of this list' }])
}
