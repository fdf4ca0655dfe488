import type { Config } from './config.js'
import { splitList } from './split-list.js'

/** Secrets of the settings that a client may know, and put into a place that is logged. */
export const listSecrets = ({ platformToken, jwt, files }: Config): string[] => [
  ...splitList(platformToken),
  ...(jwt?.secrets ?? []),
  ...(files.s3 === undefined ? [] : [files.s3.secretAccessKey]),
]
