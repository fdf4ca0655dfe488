import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'
import type { S3Settings } from '../settings/file-settings.js'
import { readS3Origin } from './s3-origin.js'
import type { FileStorage } from './storage.js'

const PRESIGNED_SECONDS = 300
const TRIES = 3
const FIRST_PAUSE_MS = 200
const REQUEST_MS = 30_000
/** Beyond it, for the bytes themselves: as slow as a modem's line. */
const SLOWEST_BYTES_PER_MS = 64

/**
 * Keeps files in a bucket of any S3-compatible service. An object is there when all of its bytes are, and their SHA-256 is
 * the signed one. Uploads are at most 1 GiB, so that one PUT takes them: S3 takes up to 5 GiB in one.
 */
export function createS3Storage(settings: S3Settings): FileStorage {
  const { accessKeyId, secretAccessKey, region, bucket, addressing } = settings
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 })
  const base = addressing === 'path' ? `${readS3Origin(settings)}/${bucket}` : readS3Origin(settings)
  const urlOf = (id: string) => new URL(`${base}/${id}`)

  /** Undefined when it has succeeded. */
  async function send(url: URL, init: RequestInit & { method: string }): Promise<Error | undefined> {
    try {
      return await readFailure(await fetch(await client.sign(url, init)))
    } catch (error) {
      return error as Error
    }
  }

  /** Repeats what may succeed the next time. A body is opened anew for each try. */
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
      // A request that fails early leaves its body open.
      body?.destroy()
      if (failure === undefined) return
      if (tries === TRIES || (failure instanceof S3Refusal && failure.isFinal)) throw failure
      await delay(FIRST_PAUSE_MS * 2 ** tries * Math.random())
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
    // The answer is 204 whether or not there was an object.
    delete: (id) => request('DELETE', id, () => ({ init: {} })),
  }
}

/** A bucket's own words name the keys and the bucket, so that only the status is told. */
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
