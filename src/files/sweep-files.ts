import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import type { FileStorage } from './storage/storage.js'

const MOST_AT_ONCE = 100
/** Longer than any upload may take: what is older was left by a node that died. */
const ABANDONED_SPOOL_MS = 3_600_000

interface SweepDeps {
  db: Database
  storage: FileStorage
  spoolFolder: string
}

/**
 * Removes what nobody will ask for: files that no message named within 24 hours, uploads that a node did not finish within
 * an hour, files whose last message was deleted. A file is given up in the database first, then its bytes are deleted, then
 * its row, so that whoever dies in between leaves a row that says what to do. A node that takes a row has a minute; other
 * nodes pass it over until then.
 * @returns how many files are gone
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
    if (ids.length < MOST_AT_ONCE) return count
  }
}

async function takeUnwanted(db: Database): Promise<string[]> {
  const rows = await db.prisma.$queryRaw<{ id: string }[]>(Prisma.sql`
    update chat_file set state = 'deleting', updated = clock_timestamp()
    where id = any(array(
      select id from chat_file where state <> 'named' and updated < clock_timestamp() - case state
        when 'stored' then interval '24 hours' when 'pending' then interval '1 hour' else interval '1 minute' end
      order by updated limit ${MOST_AT_ONCE} for update skip locked))
    returning id`)
  return rows.map(({ id }) => id)
}

/** Each node may do it, as the folder may be shared. */
async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const path = join(folder, name)
    const info = await stat(path).catch(() => undefined)
    if (info !== undefined && Date.now() - info.mtimeMs > ABANDONED_SPOOL_MS) await rm(path, { force: true })
  }
}
