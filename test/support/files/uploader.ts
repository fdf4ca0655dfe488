/** A program that uploads files of 20 MiB, all at once, as its only argument describes, and prints the status codes. */
import { once } from 'node:events'
import { request as sendRequest } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { encodeForm } from './uploads.js'

const FILE_BYTES = 20 * 1024 * 1024
const chunk = Buffer.alloc(65_536, 'a')

export interface UploadSpec {
  origin: string
  /** Tokens; each uploads one file. */
  tokens: string[]
}

/** Sends one form as fast as it is read. All uploads send the same buffer. */
async function upload(origin: string, token: string): Promise<number> {
  const { body, headers } = encodeForm([{ field: 'file', name: 'a.txt', content: '@' }])
  const at = body.lastIndexOf('@')
  const request = sendRequest(`${origin}/v1/chat/upload/`, {
    method: 'POST',
    headers: { ...headers, authorization: `Token ${token}`, 'content-length': body.length - 1 + FILE_BYTES },
  })
  const answered = once(request, 'response')
  request.write(body.subarray(0, at))
  for (let sent = 0; sent < FILE_BYTES; sent += chunk.length) {
    if (!request.write(chunk)) await once(request, 'drain')
  }
  request.end(body.subarray(at + 1))
  const [response] = (await answered) as [NodeJS.ReadableStream & { statusCode: number }]
  await readText(response)
  return response.statusCode
}

const { origin, tokens } = JSON.parse(process.argv[2] ?? '{}') as UploadSpec
void Promise.all(tokens.map((token) => upload(origin, token))).then((statuses) => console.log(JSON.stringify(statuses)))
