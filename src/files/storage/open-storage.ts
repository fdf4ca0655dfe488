import type { FilesConfig } from '../settings/file-settings.js'
import { createDiskStorage } from './disk-storage.js'
import { hideIds } from './hide-ids.js'
import type { FileStorage } from './storage.js'

/** Opens the configured storage. The S3 client is loaded only when a bucket is configured. */
export async function openStorage({ s3, folder }: Pick<FilesConfig, 's3' | 'folder'>): Promise<FileStorage> {
  if (s3 === undefined) return hideIds(createDiskStorage(folder))
  const { createS3Storage } = await import('./s3-storage.js')
  return hideIds(createS3Storage(s3))
}
