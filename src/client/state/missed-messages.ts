import { chooseRepeatMs } from '../transport/backoff.js'
import { ChatError } from '../transport/chat-error.js'
import type { Http } from '../transport/http.js'
import type { Settings } from '../transport/options.js'
import type { History, Message, Side } from '../../protocol/wire.js'

const PAGE = 200

interface MissedMessages {
  side: Side
  sessionId: number
  /** The id of the newest message that is known. */
  after: number
  /** Ends the reading. */
  isOutdated(): boolean
  onMessage(message: Message): void
}

/**
 * Reads a session's messages over HTTP to the newest one, oldest first, however often that fails. Returns false when it
 * became outdated before the end.
 */
export async function readMissedMessages(
  { http, settings }: { http: Http; settings: Settings },
  { side, sessionId, after, isOutdated, onMessage }: MissedMessages,
): Promise<boolean> {
  for (let tries = 0; ;) {
    const page = await http
      .get<History>(`${side}/messages/`, { session_id: sessionId, after, limit: PAGE }, 'data')
      .catch((error: unknown) => error as ChatError)
    if (isOutdated()) return false
    if (page instanceof ChatError) {
      // The session is not visible to this account any more, so that there is nothing left to report.
      if (page.status === 403 || page.status === 404) return true
      const isWhole = await settings.pauses.wait(chooseRepeatMs(settings, page, tries++))
      if (!isWhole || isOutdated()) return false
      continue
    }
    for (const message of page.data) onMessage(message)
    after = page.data[page.data.length - 1]?.id ?? after
    if (!page.has_more) return true
  }
}
