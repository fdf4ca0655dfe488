import { chooseRepeatMs } from '../transport/backoff.js'
import type { Settings } from '../transport/options.js'
import { toResumeRequests, type Position } from './resume-request.js'

/** Asks the server what was missed of sessions. */
export interface Resumption {
  ask(sessionIds: number[]): void
  /** Asks again after a pause; several refusals share one. */
  repeatLater(sessionIds: number[], refusal: { code: string }): void
  /** A session was answered: the next refusal is a first one. */
  answered(): void
  lost(): void
}

export interface ResumptionDeps {
  settings: Settings
  link: { isReady(): boolean; frameBytes(): number; send(type: string, payload: object): void }
  /** Undefined when the session needs no answer (any more). */
  positionOf(sessionId: number): Position | undefined
}

export function createResumption({ settings, link, positionOf }: ResumptionDeps): Resumption {
  const refused = new Set<number>()
  let refusals = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function ask(sessionIds: number[]): void {
    const positions = sessionIds.flatMap((id) => positionOf(id) ?? [])
    for (const request of toResumeRequests(positions, link.frameBytes())) link.send('resume', request)
  }

  function repeat(): void {
    timer = undefined
    const again = [...refused]
    refused.clear()
    if (link.isReady()) ask(again)
  }

  return {
    ask,
    repeatLater(sessionIds, refusal) {
      for (const id of sessionIds) refused.add(id)
      if (sessionIds.length > 0) timer ??= setTimeout(repeat, chooseRepeatMs(settings, refusal, refusals++))
    },
    answered: () => (refusals = 0),
    lost() {
      clearTimeout(timer)
      timer = undefined
      refused.clear()
    },
  }
}
