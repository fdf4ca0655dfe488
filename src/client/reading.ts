import { ChatError } from './chat-error.js'
import type { Http } from './http.js'

/** Marks sessions read. What cannot be said now is said when the connection is back. */
export function createReading(http: Http, onError: (error: ChatError) => void) {
  const waiting = new Set<number>()
  const underWay = new Set<number>()

  async function say(sessionId: number): Promise<void> {
    if (underWay.has(sessionId)) return
    underWay.add(sessionId)
    waiting.delete(sessionId)
    try {
      await http.post('message/read/', { session_id: sessionId })
    } catch (error) {
      const { status } = error as ChatError
      if (status === 0 || status >= 429) waiting.add(sessionId)
      else onError(error as ChatError)
      return
    } finally {
      underWay.delete(sessionId)
    }
    // Said again meanwhile: there may be more to mark.
    if (waiting.has(sessionId)) await say(sessionId)
  }

  const flush = () => {
    for (const sessionId of [...waiting]) void say(sessionId)
  }
  return {
    add(sessionId: number, isOnline: boolean): void {
      waiting.add(sessionId)
      if (isOnline) void say(sessionId)
    },
    flush,
  }
}
