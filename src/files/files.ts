import { join } from 'node:path'
import { RequestError, unavailable } from '../errors/request-error.js'
import type { Database } from '../database/database.js'
import type { FilesConfig } from './settings/file-settings.js'
import { requireFolder } from '../folders/make-folder.js'
import { createBufferCollector } from '../memory/collect-garbage.js'
import { createRunningUploads, type RunningUploads } from './uploads/running-uploads.js'
import { createPacer, type Pace } from './uploads/pacer.js'
import { openStorage } from './storage/open-storage.js'
import type { FileStorage } from './storage/storage.js'
import { createUploadCounts, type UploadCounts } from './uploads/upload-counts.js'
import { createUploadSlots, type UploadSlots } from './uploads/upload-slots.js'

/** Bytes of uploads that are processed in one turn of the event loop: about 0.5 ms of hashing and checking. */
const BYTES_PER_TURN = 128 * 1024

/** Dependencies that uploads and downloads share on a node. */
export interface Files {
  config: FilesConfig
  db: Database
  storage: FileStorage
  /** Folder that uploads are written to while they arrive. */
  spoolFolder: string
  slots: UploadSlots
  running: RunningUploads
  counts: UploadCounts
  pace: Pace
  /**
   * Runs an operation of the disk or the bucket. A failure is logged.
   * @throws RequestError 503 in place of the failure · a RequestError of the operation as it is
   */
  guard<T>(act: () => Promise<T>): Promise<T>
}

interface Log {
  warn(context: { err: unknown }, message: string): void
}

/**
 * Opens the storage that the settings name.
 * @throws StartupError when FILES_DIR is not a folder that can be written
 */
export async function openFiles(db: Database, config: FilesConfig, log: Log): Promise<Files> {
  if (config.isFolderChosen) {
    await requireFolder(config.folder, { name: 'The folder', advice: 'Set FILES_DIR to one that can.', mode: 0o700 })
  }
  const pace = createPacer(BYTES_PER_TURN)
  const collect = createBufferCollector()
  return {
    config,
    db,
    storage: await openStorage(config),
    spoolFolder: join(config.folder, 'uploading'),
    slots: createUploadSlots(),
    running: createRunningUploads(),
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
