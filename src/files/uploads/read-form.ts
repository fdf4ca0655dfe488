import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { BusboyInstance } from '@fastify/busboy'
import { invalidInput, RequestError } from '../../errors/request-error.js'

/** The API has one field beside the file. Clients may add fields of their own. */
const MAX_FIELDS = 10
const MAX_FIELD_BYTES = 1024
const MAX_PART_HEADERS = 20
const MAX_PART_HEADER_BYTES = 4096
/** A client that is silent for this long has gone, or occupies a connection on purpose. */
const MAX_SILENCE_MS = 30_000
const MAX_UPLOAD_MS = 15 * 60_000

/**
 * Consumes the bytes of the file as they arrive. The stream ends with an error when the form turns out to be invalid.
 */
export type TakeFile = (name: string, bytes: Readable) => Promise<void>

/**
 * Reads a form with exactly one file, in the field `file`, and other fields before or after it. The request is read no
 * faster than the file is consumed. After a refusal the request is paused, and its rest is unread.
 * @returns the other fields, once the file is consumed
 * @throws RequestError 400 · 408 the client is silent or too slow · 413 at the first byte beyond the limit · what
 * `takeFile` throws
 */
export async function readForm(
  request: IncomingMessage,
  maxBytes: number,
  takeFile: TakeFile,
): Promise<Map<string, string>> {
  const form = await openForm(request, maxBytes)
  const fields = new Map<string, string>()
  let file: Readable | undefined
  let taken: Promise<void> | undefined
  let stopWatching: () => void = () => undefined

  try {
    await new Promise<void>((resolve, reject) => {
      stopWatching = watchProgress(request, reject)
      form.on('file', (field, bytes, name) => {
        // The reason has been handled when the stream is destroyed.
        bytes.on('error', () => undefined)
        bytes.once('limit', () => reject(new RequestError(413, `The file is larger than ${maxBytes} bytes`)))
        file = bytes
        // A file part may lack a file name, although the declared type says that it has one.
        if (field !== 'file' || !(name as string | undefined))
          return reject(faulty('file', 'must be one file with a name'))
        taken = takeFile(name, bytes)
        taken.catch(reject)
      })
      form.on('field', (name, value, _isNameCut, isCut) => {
        if (name === 'file') reject(faulty('file', 'must be a file with a name'))
        if (isCut || fields.has(name)) reject(faulty(name, 'is too long, or occurs twice'))
        fields.set(name, value)
      })
      form.once('filesLimit', () => reject(faulty('file', 'occurs more than once')))
      for (const limit of ['partsLimit', 'fieldsLimit'] as const) {
        form.once(limit, () => reject(faulty('body', 'has too many fields')))
      }
      form.once('error', () => reject(faulty('body', 'is not a complete multipart form')))
      form.once('finish', resolve)
      request.pipe(form)
    })
    if (taken === undefined) throw faulty('file', 'is missing')
    await taken
    return fields
  } catch (error) {
    request.unpipe(form)
    request.pause()
    file?.destroy(error as Error)
    await taken?.catch(() => undefined)
    throw error
  } finally {
    stopWatching()
  }
}

/** The parser reports a field without a name as undefined, although its types say otherwise. */
const faulty = (field: string | undefined, message: string) =>
  invalidInput([{ field: (field ?? 'body').slice(0, 100), message }])

/** Calls `giveUp` when the client disconnects, is silent or takes too long. Returns a function that stops watching. */
function watchProgress(request: IncomingMessage, giveUp: (error: Error) => void): () => void {
  const stall = () => giveUp(new RequestError(408, 'The upload took too long'))
  // A request that was read completely emits `close`, too.
  const leave = () => request.readableEnded || giveUp(new RequestError(400, 'The upload broke off'))
  const silence = setTimeout(stall, MAX_SILENCE_MS)
  const deadline = setTimeout(stall, MAX_UPLOAD_MS)
  const restart = () => silence.refresh()
  // The client may have disconnected while it waited for a slot.
  if (request.destroyed) leave()
  request.on('data', restart).once('close', leave).once('error', leave)
  return () => {
    clearTimeout(silence)
    clearTimeout(deadline)
    request.off('data', restart).off('close', leave).off('error', leave)
  }
}

async function openForm({ headers }: IncomingMessage, maxBytes: number): Promise<BusboyInstance> {
  const { Busboy } = await import('@fastify/busboy')
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': headers['content-type'] ?? '' },
      // The name is kept as it was sent; it is never used as a path.
      preservePath: true,
      limits: {
        fileSize: maxBytes,
        files: 1,
        fields: MAX_FIELDS,
        fieldSize: MAX_FIELD_BYTES,
        headerPairs: MAX_PART_HEADERS,
        headerSize: MAX_PART_HEADER_BYTES,
      },
    })
  } catch {
    throw faulty('body', 'is not a multipart form with a boundary')
  }
}
