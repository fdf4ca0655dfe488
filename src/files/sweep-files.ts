import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import type { FileStorage } from './storage/storage.js'

const BATCH_SIZE = 100
/** Longer than an upload may take. An older spooled file was left by a node that died. */
const ABANDONED_SPOOL_MS = 3_600_000

interface SweepDeps {
  db: Database
  storage: FileStorage
  spoolFolder: string
}

/**
 * Removes unused files: those that no message named within 24 hours, those whose upload was not renewed for an hour,
 * and those whose last message was deleted. A file is marked as `deleting` first, then its bytes are deleted, then its
 * row. So a node that dies in between leaves a row that another node finds. A node that takes a row has a minute; until
 * then other nodes skip it.
 * @returns the number of removed files
 */
export async function sweepFiles({ db, storage, spoolFolder }: SweepDeps): Promise<number> {
  await removeAbandoned(spoolFolder)
  let count = 0
  for (;;) {
    const ids = await takeUnwanted(db)
    for (const id of ids) await storage.delete(id)
    if (ids.length > 0) {
      await db.prisma.$executeRaw(
        Prisma.sql`delete from chat_file where id = any(${ids}::text[]) and state = 'deleting'`,
      )
    }
    count += ids.length
    if (ids.length < BATCH_SIZE) return count
  }
}

async function takeUnwanted(db: Database): Promise<string[]> {
  const rows = await db.prisma.$queryRaw<{ id: string }[]>(Prisma.sql`
    update chat_file set state = 'deleting', updated = clock_timestamp()
    where id = any(array(
      select id from chat_file where state <> 'named' and updated < clock_timestamp() - case state
        when 'stored' then interval '24 hours' when 'pending' then interval '1 hour' else interval '1 minute' end
      order by updated limit ${BATCH_SIZE} for update skip locked))
    returning id`)
  return rows.map(({ id }) => id)
}

/** Any node may remove them, because nodes may share the folder. */
async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const path = join(folder, name)
    const info = await stat(path).catch(() => undefined)
    if (info !== undefined && Date.now() - info.mtimeMs > ABANDONED_SPOOL_MS) await rm(path, { force: true })
  }
}
