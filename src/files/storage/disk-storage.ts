import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../folders/make-folder.js'
import type { FileStorage } from './storage.js'

/**
 * Stores files in a folder, which several nodes may share. The spool folder must be on the same file system, so that an
 * upload is moved there atomically.
 */
export function createDiskStorage(folder: string): FileStorage {
  // Folders with hundreds of thousands of entries are slow on some file systems.
  const folderOf = (id: string) => join(folder, id.slice(0, 2))
  const pathOf = (id: string) => join(folderOf(id), id)

  return {
    async put(id, { path }) {
      await makeFolder(folderOf(id), { mode: 0o700 })
      await sync(path)
      await rename(path, pathOf(id))
      await sync(folderOf(id))
    },
    async get(id, { first, last }) {
      // Opened here, so that a missing file fails before the response has begun.
      const handle = await open(pathOf(id))
      return { stream: handle.createReadStream({ start: first, end: last }) }
    },
    delete: (id) => rm(pathOf(id), { force: true }),
  }
}

/** Makes a file, or the entries of a folder, survive a power failure. */
async function sync(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
