import { chooseRepeatMs, pause } from '../transport/backoff.js'
import { ChatError } from '../transport/chat-error.js'
import type { Http } from '../transport/http.js'
import type { Settings } from '../transport/options.js'
import type { History, Message, Side } from '../../protocol/wire.js'

const PAGE = 200

interface Rest {
  side: Side
  sessionId: number
  /** The id of the newest message that is known. */
  after: number
  /** What is read from then on is of no use. */
  isOutdated(): boolean
  found(message: Message): void
}

/**
 * Reads a session's messages over HTTP to the newest one, oldest first, however often that fails. Returns false when it
 * became outdated before the end.
 */
export async function readRest(
  { http, settings }: { http: Http; settings: Settings },
  { side, sessionId, after, isOutdated, found }: Rest,
): Promise<boolean> {
  for (let tries = 0; ;) {
    const page = await http
      .get<History>(`${side}/messages/`, { session_id: sessionId, after, limit: PAGE })
      .catch((error: unknown) => error as ChatError)
    if (isOutdated()) return false
    if (page instanceof ChatError) {
      // Not ours any more: then there is nothing more to be told.
      if (page.status === 403 || page.status === 404) return true
      await pause(chooseRepeatMs(settings, page, tries++))
      if (isOutdated()) return false
      continue
    }
    for (const message of page.data) found(message)
    after = page.data.at(-1)?.id ?? after
    if (!page.has_more) return true
  }
}
