import { join } from 'node:path'
import { RequestError, unavailable } from '../errors/request-error.js'
import type { Database } from '../database/database.js'
import type { FilesConfig } from './settings/file-settings.js'
import { createBufferCollector } from '../memory/collect-garbage.js'
import { createPacer, type Pace } from './uploads/pacer.js'
import { openStorage } from './storage/open-storage.js'
import type { FileStorage } from './storage/storage.js'
import { createUploadCounts, type UploadCounts } from './uploads/upload-counts.js'
import { createUploadSlots, type UploadSlots } from './uploads/upload-slots.js'

/** Bytes of uploads in a turn of the event loop: about half a millisecond of hashing and checking. */
const BYTES_PER_TURN = 128 * 1024

/** What a node needs for files. */
export interface Files {
  config: FilesConfig
  db: Database
  storage: FileStorage
  /** Where uploads are written while they come. */
  spoolFolder: string
  slots: UploadSlots
  counts: UploadCounts
  pace: Pace
  /**
   * Waits for the disk or the bucket. What fails there is logged.
   * @throws RequestError 503 instead · what already is a refusal
   */
  guard<T>(act: () => Promise<T>): Promise<T>
}

interface Log {
  warn(context: { err: unknown }, message: string): void
}

/** Opens the storage that the settings name. */
export async function openFiles(db: Database, config: FilesConfig, log: Log): Promise<Files> {
  const pace = createPacer(BYTES_PER_TURN)
  const collect = createBufferCollector()
  return {
    config,
    db,
    storage: await openStorage(config),
    spoolFolder: join(config.folder, 'uploading'),
    slots: createUploadSlots(),
    counts: createUploadCounts(),
    pace(bytes) {
      collect(bytes)
      return pace(bytes)
    },
    async guard(act) {
      try {
        return await act()
      } catch (error) {
        if (error instanceof RequestError) throw error
        log.warn({ err: error }, 'files cannot be stored or read')
        throw unavailable('Files are not available right now')
      }
    },
  }
}
