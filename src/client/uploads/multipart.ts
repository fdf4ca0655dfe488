import { createRandomId } from '../transport/random-id.js'
import type { FileSource } from './upload.js'

/** As the HTML standard has names in forms. */
const escapeName = (name: string) =>
  name.replace(/["\r\n]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/**
 * A form with a file, as a stream that reads the file as it is sent. `onSent` is called with the bytes of the file so far.
 * `onFault` is told what `stream()`, the reading or `onSent` has thrown.
 */
export function encodeForm(
  file: FileSource,
  sessionId: number | undefined,
  { onSent, onFault }: { onSent(bytes: number): void; onFault(cause: unknown): void },
): { body: ReadableStream<Uint8Array>; contentType: string } {
  const boundary = `form-${createRandomId()}`
  const parts = writeParts(file, { boundary, sessionId, onSent })
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { value, done } = await parts.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      } catch (cause) {
        onFault(cause)
        throw cause
      }
    },
    async cancel() {
      await parts.return(undefined)
    },
  })
  return { body, contentType: `multipart/form-data; boundary=${boundary}` }
}

interface FormOptions {
  boundary: string
  sessionId: number | undefined
  onSent(bytes: number): void
}

async function* writeParts(
  file: FileSource,
  { boundary, sessionId, onSent }: FormOptions,
): AsyncGenerator<Uint8Array, undefined> {
  const encode = (text: string) => new TextEncoder().encode(text)
  const begin = (field: string) => `--${boundary}\r\ncontent-disposition: form-data; name="${field}"`
  if (sessionId !== undefined) yield encode(`${begin('session_id')}\r\n\r\n${sessionId}\r\n`)
  yield encode(
    `${begin('file')}; filename="${escapeName(file.name)}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
  )
  let sent = 0
  for await (const bytes of readBytes(file.stream())) {
    if (!ArrayBuffer.isView(bytes)) throw new TypeError('`stream()` gives something else than bytes')
    yield bytes
    sent += bytes.length
    onSent(sent)
  }
  yield encode(`\r\n--${boundary}--\r\n`)
  return undefined
}

/** Not every runtime can iterate over its own streams. */
async function* readBytes(stream: ReturnType<FileSource['stream']>): AsyncGenerator<Uint8Array, void> {
  if (Symbol.asyncIterator in stream) {
    yield* stream as AsyncIterable<Uint8Array>
    return
  }
  const reader = (stream as ReadableStream<Uint8Array>).getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel()
  }
}
