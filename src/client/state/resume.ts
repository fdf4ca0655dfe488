import { chooseRepeatMs } from '../transport/backoff.js'
import type { Settings } from '../transport/options.js'
import { toResumeRequests, type Position } from './resume-request.js'

/** Asks the server for what was missed in sessions. */
export interface Resume {
  request(sessionIds: number[]): void
  /** Asks again after a pause; refusals within the pause share it. */
  retryLater(sessionIds: number[], refusal: { code: string }): void
  /** A session was answered: the pauses begin anew. */
  answered(): void
  /** The connection is lost: what was refused is not asked for again. */
  disconnected(): void
}

export interface ResumeDeps {
  settings: Settings
  connection: { isReady(): boolean; frameBytes(): number; send(type: string, payload: object): void }
  /** Undefined when the session needs no answer (any more). */
  positionOf(sessionId: number): Position | undefined
}

export function createResume({ settings, connection, positionOf }: ResumeDeps): Resume {
  const refused = new Set<number>()
  let refusals = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function request(sessionIds: number[]): void {
    const positions = sessionIds.flatMap((id) => positionOf(id) ?? [])
    for (const payload of toResumeRequests(positions, connection.frameBytes())) connection.send('resume', payload)
  }

  function retry(): void {
    timer = undefined
    const again = [...refused]
    refused.clear()
    if (connection.isReady()) request(again)
  }

  return {
    request,
    retryLater(sessionIds, refusal) {
      for (const id of sessionIds) refused.add(id)
      if (sessionIds.length > 0) timer ??= setTimeout(retry, chooseRepeatMs(settings, refusal, refusals++))
    },
    answered: () => (refusals = 0),
    disconnected() {
      clearTimeout(timer)
      timer = undefined
      refused.clear()
    },
  }
}
