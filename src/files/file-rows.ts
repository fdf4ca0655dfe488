import type { Account } from '../protocol/account.js'
import type { Database } from '../database/database.js'
import { tooMany } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import type { FilesConfig } from './settings/file-settings.js'

const DAY_SECONDS = 86_400

/** A file that can be downloaded. */
export interface StoredFile {
  id: string
  name: string
  type: string
  size: number
  sha256: Buffer
}

export interface NewFile extends StoredFile {
  sessionId: number | null
}

type DailyLimits = Pick<FilesConfig, 'bytesPerDay' | 'filesPerDay'>

interface Usage {
  bytes: number
  files: number
  oldestSeconds: number
}

const selectUsage = ({ side, id }: Account) => Prisma.sql`
  select coalesce(sum(size), 0)::float8 as bytes, count(*)::int as files,
    coalesce(extract(epoch from clock_timestamp() - min(created)), 0)::float8 as "oldestSeconds"
  from chat_file where owner_type = ${side}::side and owner_id = ${id} and state <> 'deleting'
    and created > clock_timestamp() - interval '1 day'`

/**
 * Refuses an account that has reached a limit of uploads within 24 hours.
 * @throws RequestError 429
 */
export async function requireAllowance(db: Database, account: Account, limits: DailyLimits): Promise<void> {
  const [usage = { bytes: 0, files: 0, oldestSeconds: 0 }] = await db.prisma.$queryRaw<Usage[]>(selectUsage(account))
  const hasAllowance =
    (limits.bytesPerDay === 0 || usage.bytes < limits.bytesPerDay) &&
    (limits.filesPerDay === 0 || usage.files < limits.filesPerDay)
  if (!hasAllowance) throw noAllowance(usage.oldestSeconds)
}

const noAllowance = (oldestSeconds = 0) =>
  tooMany('This account has uploaded too much within 24 hours', Math.max(1, Math.ceil(DAY_SECONDS - oldestSeconds)))

/**
 * Inserts the row of a file before its bytes are stored. Concurrent uploads may exceed the limit together, by at most
 * as many files as an account may upload at once.
 * @throws RequestError 429
 */
export async function insertFile(db: Database, account: Account, file: NewFile, limits: DailyLimits): Promise<void> {
  const { id, sessionId, name, type, size, sha256 } = file
  const { bytesPerDay, filesPerDay } = limits
  const count = await db.prisma.$executeRaw(Prisma.sql`
    insert into chat_file (id, owner_type, owner_id, session_id, name, type, size, sha256)
    select ${id}, ${account.side}::side, ${account.id}, ${sessionId}::bigint, ${name}, ${type}, ${size}, ${sha256}
    from (${selectUsage(account)}) used
    where (${bytesPerDay}::bigint = 0 or used.bytes + ${size}::bigint <= ${bytesPerDay}::bigint)
      and (${filesPerDay}::int = 0 or used.files < ${filesPerDay}::int)`)
  if (count === 0) throw noAllowance()
}

/**
 * Marks a file as stored: from now on it can be downloaded and named by messages. Returns false when the file was given
 * up meanwhile.
 */
export async function markStored(db: Database, id: string): Promise<boolean> {
  const count = await db.prisma.$executeRaw(Prisma.sql`
    update chat_file set state = 'stored', updated = clock_timestamp() where id = ${id} and state = 'pending'`)
  return count === 1
}

/** Renews the row of a file that is still being stored, so that no node treats it as abandoned. */
export async function keepPending(db: Database, id: string): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    update chat_file set updated = clock_timestamp() where id = ${id} and state = 'pending'`)
}

/**
 * Gives up a file whose URL was not returned to anybody. It no longer counts towards a limit. Its bytes may be in the
 * storage, or may still arrive there. So its row is marked for deletion, and is inserted again where it was already
 * removed.
 */
export async function giveUpFile(db: Database, { side, id: ownerId }: Account, file: NewFile): Promise<void> {
  const { id, name, type, size, sha256 } = file
  await db.prisma.$executeRaw(Prisma.sql`
    insert into chat_file as f (id, owner_type, owner_id, name, type, size, sha256, state)
    values (${id}, ${side}::side, ${ownerId}, ${name}, ${type}, ${size}, ${sha256}, 'deleting')
    on conflict (id) do update set state = 'deleting', updated = clock_timestamp() where f.state <> 'named'`)
}

/** Reads a file. Returns undefined when it does not exist, is not stored yet, or was given up. */
export async function readStoredFile(db: Database, id: string): Promise<StoredFile | undefined> {
  const file = await db.prisma.chatFile.findFirst({
    where: { id, state: { in: ['stored', 'named'] } },
    select: { id: true, name: true, type: true, size: true, sha256: true },
  })
  return file === null ? undefined : { ...file, size: Number(file.size), sha256: Buffer.from(file.sha256) }
}
