import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { RequestError, unavailable } from '../../errors/request-error.js'
import type { ScanCounts } from './upload-counts.js'

const MAX_SILENCE_MS = 60_000
const MAX_REPLY_LENGTH = 4096

/**
 * Lets clamd scan a file, with its command INSTREAM (`man clamd`): chunks with their lengths, ended by a length of 0,
 * are answered by one line.
 * @throws RequestError 422 infected · 503 there is no verdict, for whatever reason
 */
export async function scanFile(
  scanner: { host: string; port: number },
  path: string,
  counts: ScanCounts,
): Promise<void> {
  const reply = await ask(scanner, path).catch(() => '')
  if (/^stream: OK$/.test(reply)) {
    counts.clean++
    return
  }
  if (/^stream: .* FOUND$/.test(reply)) {
    counts.infected++
    throw new RequestError(422, 'The file is infected and was not accepted')
  }
  counts.failed++
  throw unavailable('Files cannot be checked for viruses right now')
}

async function ask({ host, port }: { host: string; port: number }, path: string): Promise<string> {
  const socket = connect(port, host)
  const file = createReadStream(path)
  socket.setTimeout(MAX_SILENCE_MS, () => socket.destroy(new Error('clamd is silent')))
  try {
    await once(socket, 'connect')
    // clamd may answer and close before it has read everything.
    const reply = readReply(socket)
    const sent = sendFile(socket, file)
    await Promise.race([reply, sent.then(() => reply)])
    return await reply
  } finally {
    socket.destroy()
    file.destroy()
  }
}

async function sendFile(socket: Socket, file: AsyncIterable<Buffer>): Promise<void> {
  socket.write('zINSTREAM\0')
  for await (const chunk of file) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(chunk.length)
    socket.write(length)
    if (!socket.write(chunk)) await once(socket, 'drain')
  }
  socket.write(Buffer.alloc(4))
}

async function readReply(socket: Socket): Promise<string> {
  let reply = ''
  for await (const chunk of socket.setEncoding('latin1') as AsyncIterable<string>) {
    reply += chunk
    if (reply.includes('\0') || reply.length > MAX_REPLY_LENGTH) break
  }
  return reply.replace(/\0[^]*$/, '').trim()
}
