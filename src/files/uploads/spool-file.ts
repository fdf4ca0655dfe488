import { createHash, randomUUID, type Hash } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { makeFolder } from '../../folders/make-folder.js'
import type { Pace } from './pacer.js'
import type { Patch } from '../types/filter.js'
import type { Inspection } from '../types/inspect-bytes.js'
import type { SpooledFile } from '../storage/storage.js'
import { openWholeFile } from '../types/whole-file.js'

const READ_BYTES = 65_536

/**
 * Writes an upload to a file as it arrives, without the bytes that the inspection leaves out. At most one chunk is in
 * memory. A failure leaves no file behind.
 * @throws RequestError 415 · errors of the file system
 */
export async function spoolFile(
  folder: string,
  bytes: Readable,
  { inspection, pace }: { inspection: Inspection; pace: Pace },
): Promise<SpooledFile> {
  await makeFolder(folder, { mode: 0o700 })
  const path = join(folder, randomUUID())
  const remove = () => rm(path, { force: true })
  const handle = await open(path, 'wx+', 0o600)
  try {
    const written = await writeBytes(handle, bytes, { inspection, pace })
    const { size } = written
    const patches = [...written.patches, ...(await inspection.checkWhole(openWholeFile(handle, size)))]
    for (const { bytes, offset } of patches) await handle.write(bytes, 0, bytes.length, offset)
    const hash = patches.length === 0 ? written.hash : await hashFile(handle)
    return { path, type: inspection.type(), size, sha256: hash.digest(), remove }
  } catch (error) {
    await remove()
    throw error
  } finally {
    await handle.close()
  }
}

interface Written {
  size: number
  hash: Hash
  patches: Patch[]
}

async function writeBytes(
  handle: FileHandle,
  bytes: Readable,
  { inspection, pace }: { inspection: Inspection; pace: Pace },
): Promise<Written> {
  const hash = createHash('sha256')
  let size = 0
  const write = async (kept: Buffer[]) => {
    for (const buffer of kept) hash.update(buffer)
    const length = kept.reduce((sum, buffer) => sum + buffer.length, 0)
    if (length > 0) await writeFully(handle, kept, length, size)
    size += length
  }
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    await pace(chunk.length)
    await write(inspection.push(chunk))
  }
  const { kept, patches } = inspection.end()
  await write(kept)
  return { size, hash, patches }
}

/** A full disk may write only a part; the next write then throws the reason. */
async function writeFully(handle: FileHandle, kept: Buffer[], length: number, position: number): Promise<void> {
  const { bytesWritten } = await handle.writev(kept, position)
  if (bytesWritten === length) return
  const rest = Buffer.concat(kept).subarray(bytesWritten)
  for (let done = 0; done < rest.length;) {
    const written = await handle.write(rest, done, rest.length - done, position + bytesWritten + done)
    done += written.bytesWritten
  }
}

async function hashFile(handle: FileHandle): Promise<Hash> {
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(READ_BYTES)
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position)
    if (bytesRead === 0) return hash
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
}
