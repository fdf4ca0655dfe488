import type { S3Settings } from '../settings/file-settings.js'

/** The origin that browsers load files from, for the Content-Security-Policy. */
export function readS3Origin({ endpoint, bucket, addressing }: S3Settings): string {
  const host = addressing === 'host' ? `${bucket}.${endpoint.host}` : endpoint.host
  return `${endpoint.protocol}//${host}`
}
