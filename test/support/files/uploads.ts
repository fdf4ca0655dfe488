import { randomBytes } from 'node:crypto'
import type { Answer } from '../clients/client.js'
import type { TestNode } from '../nodes/node.js'

/** A part of a form. One with a file name is a file. */
export interface FormPart {
  field: string
  name?: string
  type?: string
  content: Buffer | string
}

/** Encodes a form as browsers do. */
export function encodeForm(parts: FormPart[]): { body: Buffer; headers: Record<string, string> } {
  const boundary = `----test${randomBytes(8).toString('hex')}`
  const pieces = parts.flatMap(({ field, name, type, content }) => [
    `--${boundary}\r\ncontent-disposition: form-data; name="${field}"`,
    name === undefined ? '' : `; filename="${name.replaceAll('"', '%22')}"`,
    type === undefined ? '' : `\r\ncontent-type: ${type}`,
    '\r\n\r\n',
    content,
    '\r\n',
  ])
  const body = Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece as string)))
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } }
}

export const postForm = (node: TestNode, account: { token: string }, parts: FormPart[]): Promise<Answer> => {
  const { body, headers } = encodeForm(parts)
  return node.post('/v1/chat/upload/', { token: account.token, headers, body })
}

export const uploadFile = (
  node: TestNode,
  account: { token: string },
  { name, bytes, sessionId }: { name: string; bytes: Buffer | string; sessionId?: number },
): Promise<Answer> =>
  postForm(node, account, [
    ...(sessionId === undefined ? [] : [{ field: 'session_id', content: `${sessionId}` }]),
    { field: 'file', name, type: 'application/octet-stream', content: bytes },
  ])

/** Uploads a file, and returns its URL. */
export async function storeFile(
  node: TestNode,
  account: { token: string },
  file: { name: string; bytes: Buffer | string; sessionId?: number },
): Promise<string> {
  const { status, text, body } = await uploadFile(node, account, file)
  if (status !== 200) throw new Error(`The upload was answered with ${status}: ${text}`)
  return body.url as string
}

/** Downloads a URL. */
export async function download(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers, redirect: 'manual' })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}
