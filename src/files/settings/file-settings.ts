import { join, resolve } from 'node:path'
import { Type, type Static } from '@sinclair/typebox'
import type { FieldErrors } from '../../protocol/schemas/error-body.js'
import { knownExtensions } from '../types/file-types.js'

const MB = 1024 * 1024
const secret = (description: string) => Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,512}$', description }))

/** The settings of files, named as their environment variables. */
export const fileSettings = {
  FILES_DIR: Type.Optional(
    Type.String({ description: 'Folder of the uploaded files. Default: `files` in DATA_DIR. Unused with S3_BUCKET.' }),
  ),
  UPLOAD_MAX_BYTES: Type.Integer({
    minimum: 1,
    maximum: 1024 * MB,
    default: 20 * MB,
    description: 'Maximum size of a file in bytes.',
  }),
  UPLOAD_TYPES: Type.String({
    default: knownExtensions.join(','),
    description: 'Accepted file extensions, separated by commas.',
  }),
  UPLOAD_BYTES_PER_DAY: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 1024 * MB,
    description: 'Bytes that an account may upload within 24 hours; 0: no limit.',
  }),
  UPLOAD_FILES_PER_DAY: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 500,
    description: 'Files that an account may upload within 24 hours; 0: no limit.',
  }),
  UPLOAD_SCAN: Type.Optional(
    Type.String({
      pattern: '^clamd://([\\w.-]+|\\[[0-9a-fA-F:.]+\\])(:\\d{1,5})?/?$',
      description: '`clamd://host:port`: a ClamAV daemon that each file must pass.',
    }),
  ),
  S3_BUCKET: Type.Optional(
    Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$', description: 'Bucket that files are stored in.' }),
  ),
  S3_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#@\\s]+/?$',
      description: 'Origin of an S3-compatible service. Default: that of AWS in S3_REGION.',
    }),
  ),
  S3_REGION: Type.String({ default: 'us-east-1', pattern: '^[\\w-]{1,64}$', description: 'Region of the bucket.' }),
  S3_ACCESS_KEY_ID: secret('Access key of the bucket.'),
  S3_SECRET_ACCESS_KEY: secret('Secret access key of the bucket.'),
  S3_ADDRESSING: Type.Optional(
    Type.Union([Type.Literal('path'), Type.Literal('host')], {
      description: 'Where requests name the bucket. Default: `path` with S3_ENDPOINT, else `host`.',
    }),
  ),
}

type Environment = { [Name in keyof typeof fileSettings]?: Static<(typeof fileSettings)[Name]> | undefined } & {
  DATA_DIR: string
}

/** How to reach a bucket. */
export interface S3Settings {
  endpoint: URL
  region: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
  addressing: 'path' | 'host'
}

/** The settings of files as the code uses them. */
export interface FilesConfig {
  /** Folder of the files; unused with `s3`. */
  folder: string
  /** Whether FILES_DIR is set. A folder that was chosen may be shared by several nodes. */
  isFolderChosen: boolean
  s3: S3Settings | undefined
  maxBytes: number
  /** In lower case. */
  extensions: readonly string[]
  /** For each account, within 24 hours; 0: no limit. */
  bytesPerDay: number
  filesPerDay: number
  /** Address of clamd; undefined: files are not scanned. */
  scanner: { host: string; port: number } | undefined
}

const splitList = (list = '') => list.split(',').flatMap((item) => item.trim().toLowerCase() || [])

/** Checks what the schema of each setting cannot: extensions that are not supported, a bucket without keys. */
export function checkFileSettings(environment: Environment): FieldErrors {
  const { S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, UPLOAD_TYPES, UPLOAD_SCAN } = environment
  const unknown = splitList(UPLOAD_TYPES).filter((extension) => !knownExtensions.includes(extension))
  const keys = { S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }
  return [
    ...(splitList(UPLOAD_TYPES).length === 0 ? [{ field: 'UPLOAD_TYPES', message: 'holds no extension' }] : []),
    ...(UPLOAD_SCAN !== undefined && !URL.canParse(UPLOAD_SCAN)
      ? [{ field: 'UPLOAD_SCAN', message: 'must be like clamd://host:3310' }]
      : []),
    ...unknown.map((extension) => ({
      field: 'UPLOAD_TYPES',
      message: `knows no ${extension}, only ${knownExtensions.join(', ')}`,
    })),
    ...Object.entries(keys).flatMap(([field, key]) =>
      S3_BUCKET !== undefined && key === undefined ? [{ field, message: 'must be set with S3_BUCKET' }] : [],
    ),
  ]
}

export function nameFileSettings(environment: Environment): FilesConfig {
  const { FILES_DIR, DATA_DIR, UPLOAD_SCAN } = environment
  const scanner = UPLOAD_SCAN === undefined ? undefined : new URL(UPLOAD_SCAN)
  return {
    folder: resolve(FILES_DIR ?? join(DATA_DIR, 'files')),
    isFolderChosen: FILES_DIR !== undefined,
    s3: nameS3Settings(environment),
    maxBytes: environment.UPLOAD_MAX_BYTES ?? 0,
    extensions: splitList(environment.UPLOAD_TYPES),
    bytesPerDay: environment.UPLOAD_BYTES_PER_DAY ?? 0,
    filesPerDay: environment.UPLOAD_FILES_PER_DAY ?? 0,
    scanner: scanner && { host: scanner.hostname.replace(/^\[|\]$/g, ''), port: Number(scanner.port || CLAMD_PORT) },
  }
}

const CLAMD_PORT = 3310

function nameS3Settings(environment: Environment): S3Settings | undefined {
  const { S3_BUCKET: bucket, S3_ENDPOINT, S3_REGION: region = '' } = environment
  if (bucket === undefined) return undefined
  return {
    endpoint: new URL(S3_ENDPOINT ?? `https://s3.${region}.amazonaws.com`),
    region,
    bucket,
    accessKeyId: environment.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.S3_SECRET_ACCESS_KEY ?? '',
    addressing: environment.S3_ADDRESSING ?? (S3_ENDPOINT === undefined ? 'host' : 'path'),
  }
}
