import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'
import type { S3Settings } from '../settings/file-settings.js'
import { readS3Origin } from './s3-origin.js'
import type { FileStorage } from './storage.js'

const PRESIGNED_SECONDS = 300
const TRIES = 3
/** The pause after try n is random, up to 2^n times this. */
const PAUSE_BASE_MS = 200
/** Timeout of a request, without the time for its bytes. */
const REQUEST_MS = 30_000
/** A PUT may take this long more for its bytes: 64 bytes/ms are 512 kbit/s. */
const SLOWEST_BYTES_PER_MS = 64

/**
 * Stores files in a bucket of any S3-compatible service. An object appears only when all of its bytes have arrived and
 * match the signed SHA-256. One PUT is enough: an upload has at most 1 GiB (UPLOAD_MAX_BYTES), and S3 accepts up to 5
 * GiB in one PUT.
 */
export function createS3Storage(settings: S3Settings): FileStorage {
  const { accessKeyId, secretAccessKey, region, bucket, addressing } = settings
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 })
  const base = addressing === 'path' ? `${readS3Origin(settings)}/${bucket}` : readS3Origin(settings)
  const urlOf = (id: string) => new URL(`${base}/${id}`)

  /** Sends a request. Returns the failure, or undefined after success. */
  async function send(url: URL, init: RequestInit & { method: string }): Promise<Error | undefined> {
    try {
      return await readFailure(await fetch(await client.sign(url, init)))
    } catch (error) {
      return error as Error
    }
  }

  /** Sends a request up to three times, unless the bucket's refusal is final. Each try opens the body anew. */
  async function request(
    method: 'PUT' | 'DELETE',
    id: string,
    createInit: () => { init: RequestInit; body?: Readable },
    bytes = 0,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      const signal = AbortSignal.timeout(REQUEST_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS))
      const { init, body } = createInit()
      const failure = await send(urlOf(id), { method, ...init, signal })
      // A request that fails early does not close its body.
      body?.destroy()
      if (failure === undefined) return
      if (tries === TRIES || (failure instanceof S3Refusal && failure.isFinal)) throw failure
      await delay(PAUSE_BASE_MS * 2 ** tries * Math.random())
    }
  }

  return {
    put(id, { path, size, sha256, type }) {
      const headers = {
        'content-length': `${size}`,
        'content-type': type,
        'x-amz-content-sha256': sha256.toString('hex'),
      }
      const createInit = () => {
        const body = createReadStream(path)
        const stream = Readable.toWeb(body) as ReadableStream<Uint8Array>
        return { body, init: { headers, body: stream, duplex: 'half' as const } }
      }
      return request('PUT', id, createInit, size)
    },
    async get(id, _range, { type, disposition }) {
      const url = urlOf(id)
      url.searchParams.set('X-Amz-Expires', `${PRESIGNED_SECONDS}`)
      url.searchParams.set('response-content-type', type)
      url.searchParams.set('response-content-disposition', disposition)
      const signed = await client.sign(url, { method: 'GET', aws: { signQuery: true } })
      return { redirect: signed.url }
    },
    // S3 answers 204 whether or not the object existed.
    delete: (id) => request('DELETE', id, () => ({ init: {} })),
  }
}

/**
 * A refusal of the bucket. Its message contains only the status, because the text of the bucket names keys and the
 * bucket.
 */
class S3Refusal extends Error {
  constructor(readonly status: number) {
    super(`The bucket answered with ${status}`)
  }

  get isFinal(): boolean {
    return this.status < 500 && this.status !== 429 && this.status !== 408
  }
}

async function readFailure(response: Response): Promise<Error | undefined> {
  await response.body?.cancel()
  return response.ok ? undefined : new S3Refusal(response.status)
}
