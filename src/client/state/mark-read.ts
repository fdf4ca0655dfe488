import { repeatWhileRefused } from '../transport/backoff.js'
import type { ChatError } from '../transport/chat-error.js'
import type { Http } from '../transport/http.js'
import type { Settings } from '../transport/options.js'

/** Marks sessions read. What the server cannot take now is repeated later, or when the connection is back. */
export interface MarkRead {
  add(sessionId: number): void
  /** Sends what waits. */
  flush(): void
}

export function createMarkRead(
  { http, settings, isOnline }: { http: Http; settings: Settings; isOnline(): boolean },
  onError: (error: ChatError) => void,
): MarkRead {
  const waiting = new Set<number>()
  const underWay = new Set<number>()

  async function send(sessionId: number): Promise<void> {
    if (underWay.has(sessionId)) return
    underWay.add(sessionId)
    const post = () => {
      waiting.delete(sessionId)
      return http.post('message/read/', { session_id: sessionId })
    }
    try {
      const answer = await repeatWhileRefused(settings, post, isOnline)
      if (answer === undefined) waiting.add(sessionId)
    } catch (error) {
      const { status } = error as ChatError
      if (status === 0 || status >= 500) waiting.add(sessionId)
      else onError(error as ChatError)
      return
    } finally {
      underWay.delete(sessionId)
    }
    // Called again meanwhile: there may be more to mark.
    if (isOnline() && waiting.has(sessionId)) await send(sessionId)
  }

  return {
    add(sessionId) {
      waiting.add(sessionId)
      if (isOnline()) void send(sessionId)
    },
    flush() {
      for (const sessionId of [...waiting]) void send(sessionId)
    },
  }
}
