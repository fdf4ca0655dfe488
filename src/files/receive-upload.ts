import type { IncomingMessage } from 'node:http'
import type { Account } from '../protocol/account.js'
import { invalidInput, unavailable } from '../errors/request-error.js'
import { nameAccount } from '../limits/limits.js'
import { requireReader } from '../accounts/session-access.js'
import { isStorableText } from '../http/validation.js'
import { createFileId } from './file-url.js'
import {
  giveUpFile,
  insertFile,
  keepPending,
  markStored,
  requireAllowance,
  type NewFile,
  type StoredFile,
} from './file-rows.js'
import { repeat } from '../tasks/repeat.js'
import type { Files } from './files.js'
import { readForm } from './uploads/read-form.js'
import { scanFile } from './uploads/scan-file.js'
import { spoolFile } from './uploads/spool-file.js'
import type { SpooledFile } from './storage/storage.js'
import { inspectBytes } from './types/inspect-bytes.js'
import type { UploadSlot } from './uploads/upload-slots.js'

const MAX_NAME_LENGTH = 1000
/** Well below the hour after which `sweepFiles` treats a file that is not stored as abandoned. */
const KEEP_PENDING_MS = 600_000

/**
 * Receives a form with a file, and stores the file. The bytes are first spooled to a file of this node, checked and
 * scanned. Then the file gets its row, the bytes are stored, and the row is marked as stored. An upload that fails
 * leaves nothing that can be downloaded: before there is a row there is only the spooled file, and a row that stays
 * unfinished is removed by `sweepFiles`.
 * @throws RequestError 400 · 403, 404 for the session · 408 · 413 · 415 · 422 infected · 429 · 503
 */
export async function receiveUpload(files: Files, request: IncomingMessage, account: Account): Promise<StoredFile> {
  await requireAllowance(files.db, account, files.config)
  const slot = await takeSlot(files, request, account)
  try {
    return await files.running.run(() => readUpload(files, request, account, slot))
  } finally {
    slot.giveBack()
  }
}

/** A client that disconnects while it waits leaves the queue. */
async function takeSlot({ slots }: Files, { socket }: IncomingMessage, account: Account): Promise<UploadSlot> {
  const disconnect = new AbortController()
  const leave = () => disconnect.abort()
  if (socket.destroyed) leave()
  socket.once('close', leave)
  try {
    return await slots.take(nameAccount(account), disconnect.signal)
  } finally {
    socket.off('close', leave)
  }
}

async function readUpload(
  files: Files,
  request: IncomingMessage,
  account: Account,
  slot: UploadSlot,
): Promise<StoredFile> {
  const { config, spoolFolder, counts } = files
  const pace = (bytes: number) => {
    slot.count(bytes)
    counts.bytes += bytes
    return files.pace(bytes)
  }
  let spooled: SpooledFile | undefined
  let fileName = ''
  try {
    const fields = await readForm(request, config.maxBytes, async (name, bytes) => {
      fileName = requireName(name)
      const inspection = inspectBytes(name, config.extensions)
      spooled = files.running.track(await files.guard(() => spoolFile(spoolFolder, bytes, { inspection, pace })))
    })
    if (spooled === undefined) throw new Error('A form without a file was accepted')
    const sessionId = await readSessionId(files, account, fields.get('session_id'))
    if (spooled.size === 0) throw invalidInput([{ field: 'file', message: 'is empty' }])
    if (config.scanner !== undefined) await scanFile(config.scanner, spooled.path, counts.scans)
    return await storeFile(files, account, { spooled, name: fileName, sessionId })
  } finally {
    await spooled?.remove()
  }
}

function requireName(name: string): string {
  if (name.length <= MAX_NAME_LENGTH && isStorableText(name)) return name
  throw invalidInput([
    {
      field: 'file',
      message: `has a name that is longer than ${MAX_NAME_LENGTH} characters or contains characters that cannot be stored`,
    },
  ])
}

/** Reads the session that the form names, and requires that the account may read it. */
async function readSessionId({ db }: Files, account: Account, text: string | undefined): Promise<number | null> {
  if (text === undefined || text === '') return null
  const id = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(id) || id < 1) {
    throw invalidInput([{ field: 'session_id', message: 'must be an id' }])
  }
  const session = await db.prisma.chatSession.findUnique({ where: { id }, select: { storeId: true, adminId: true } })
  const owners = session && {
    storeId: Number(session.storeId),
    adminId: session.adminId === null ? null : Number(session.adminId),
  }
  requireReader(account, owners ?? undefined)
  return id
}

interface Upload {
  spooled: SpooledFile
  name: string
  sessionId: number | null
}

async function storeFile(files: Files, account: Account, { spooled, name, sessionId }: Upload): Promise<StoredFile> {
  const { type, size, sha256 } = spooled
  const file = { id: createFileId(), name, type, size, sha256, sessionId }
  await insertFile(files.db, account, file, files.config)
  try {
    await putFile(files, file, spooled)
  } catch (error) {
    // If PostgreSQL is unavailable as well, `sweepFiles` removes the row once it counts as abandoned.
    await giveUpFile(files.db, account, file).catch(() => undefined)
    throw error
  }
  return file
}

/** Stores the bytes of a file that has a row. Renews the row meanwhile, however long that takes. */
async function putFile({ db, storage, guard }: Files, { id }: NewFile, spooled: SpooledFile): Promise<void> {
  const keeping = repeat(
    KEEP_PENDING_MS,
    () => keepPending(db, id),
    () => undefined,
  )
  try {
    await guard(() => storage.put(id, spooled))
  } finally {
    await keeping.stop()
  }
  if (!(await markStored(db, id))) throw unavailable('The upload took too long')
}
