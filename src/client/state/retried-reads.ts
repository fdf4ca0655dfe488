import { repeatWhileRefused } from '../transport/backoff.js'
import type { ChatError } from '../transport/chat-error.js'
import type { Http } from '../transport/http.js'
import type { Settings } from '../transport/options.js'

/** Marks sessions read. What cannot be said now is said later: when the server takes it, or the connection is back. */
export interface Reading {
  add(sessionId: number): void
  /** Says what waits. */
  flush(): void
}

export function createReading(
  { http, settings, isOnline }: { http: Http; settings: Settings; isOnline(): boolean },
  onError: (error: ChatError) => void,
): Reading {
  const waiting = new Set<number>()
  const underWay = new Set<number>()

  async function say(sessionId: number): Promise<void> {
    if (underWay.has(sessionId)) return
    underWay.add(sessionId)
    const ask = () => {
      waiting.delete(sessionId)
      return http.post('message/read/', { session_id: sessionId })
    }
    try {
      const answer = await repeatWhileRefused(settings, ask, isOnline)
      if (answer === undefined) waiting.add(sessionId)
    } catch (error) {
      const { status } = error as ChatError
      if (status === 0 || status >= 500) waiting.add(sessionId)
      else onError(error as ChatError)
      return
    } finally {
      underWay.delete(sessionId)
    }
    // Said again meanwhile: there may be more to mark.
    if (isOnline() && waiting.has(sessionId)) await say(sessionId)
  }

  return {
    add(sessionId) {
      waiting.add(sessionId)
      if (isOnline()) void say(sessionId)
    },
    flush() {
      for (const sessionId of [...waiting]) void say(sessionId)
    },
  }
}
