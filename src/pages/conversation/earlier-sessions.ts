import { ChatError, type History, type Message, type Session } from '../../client/index.js'
import type { OlderPage } from './timeline.js'

interface SessionPage {
  data: (Pick<Session, 'id'> & { last_message: Message | null })[]
  next_cursor: string | null
}

interface Source {
  /** A page of a store's sessions, newest first. */
  sessions(cursor: string): Promise<SessionPage>
  history(page: { session_id: number; before?: number }): Promise<History>
}

/** Reads a conversation backwards, from the current session to earlier ones. */
export interface EarlierSessions {
  /** Takes the first page of sessions, and forgets earlier pages. Sessions with ids below `belowId` are earlier ones. */
  note(page: SessionPage, belowId: number): void
  /** Whether there may be earlier sessions that have not been read. */
  isMore(): boolean
  /**
   * Reads the page before the oldest loaded message. If its session is loaded from the start (`isWhole`), reads the newest
   * page of the session before it.
   */
  readBefore(oldest: Message | undefined, isWhole: boolean): Promise<OlderPage>
}

export function createEarlierSessions({ sessions, history }: Source): EarlierSessions {
  /** Sessions with messages that have not been read, newest first. */
  let known: number[] = []
  let cursor: string | null = null
  let belowId = Infinity

  function take({ data, next_cursor }: SessionPage): void {
    const earlier = data.filter(({ id, last_message }) => id < belowId && last_message !== null)
    known.push(...earlier.map(({ id }) => id))
    cursor = next_cursor
  }

  const isMore = () => known.length > 0 || cursor !== null

  return {
    note(page, below) {
      known = []
      belowId = below
      take(page)
    },
    isMore,
    async readBefore(oldest, isWhole) {
      if (oldest !== undefined && !isWhole) {
        const page = await history({ session_id: oldest.session_id, before: oldest.id })
        return { ...page, hasEarlier: isMore() }
      }
      for (;;) {
        while (known.length === 0 && cursor !== null) take(await sessions(cursor))
        const [next] = known
        if (next === undefined) return { data: [], has_more: false, hasEarlier: false }
        const page = await history({ session_id: next }).catch(ignoreLost)
        known = known.filter((id) => id !== next)
        if (page !== undefined) return { ...page, hasEarlier: isMore() }
      }
    },
  }
}

/** Skips a session that no longer exists (the database was restored from a backup) or that another admin holds now. */
function ignoreLost(error: unknown): undefined {
  if (!(error instanceof ChatError) || (error.status !== 404 && error.status !== 403)) throw error
}
