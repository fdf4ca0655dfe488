import { countFrameBytes } from '../transport/frame-size.js'
import { MAX_SESSIONS_PER_RESUME } from '../../protocol/limits.js'
import type { ResumeRequest } from '../../protocol/wire.js'

/** How far a session was seen, and in which history of the server. */
export interface Position {
  sessionId: number
  seq: number
  epoch: string | undefined
}

interface Batch {
  request: ResumeRequest & { sessions: Record<string, number> }
  count: number
  bytes: number
}

/**
 * Puts positions into requests: each of one epoch, and none larger than a frame may be. The sessions are in the order of
 * their ids, in which the server answers them.
 */
export function toResumeRequests(positions: readonly Position[], frameBytes: number): ResumeRequest[] {
  const requests: ResumeRequest[] = []
  const open = new Map<string | undefined, Batch>()
  for (const { sessionId, seq, epoch } of [...positions].sort((one, other) => one.sessionId - other.sessionId)) {
    // "<id>":<seq>, is ASCII.
    const bytes = `"${sessionId}":${seq},`.length
    let batch = open.get(epoch)
    if (batch === undefined || batch.count === MAX_SESSIONS_PER_RESUME || batch.bytes + bytes > frameBytes) {
      batch = startBatch(epoch)
      open.set(epoch, batch)
      requests.push(batch.request)
    }
    batch.request.sessions[sessionId] = seq
    batch.count++
    batch.bytes += bytes
  }
  return requests
}

function startBatch(epoch: string | undefined): Batch {
  const request = { sessions: {}, ...(epoch !== undefined && { epoch }) }
  return { request, count: 0, bytes: countFrameBytes('resume', request) }
}
