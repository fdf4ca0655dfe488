import { signal } from '@preact/signals'
import type { OwnSession, Rating, StoreClient } from '../../../client/index.js'

/** After that, the service takes none. */
const RATED_FOR_MS = 14 * 86_400_000

/** How this store has rated its sessions, here or in another browser. */
export interface OwnRatings {
  /** Undefined while it is not rated. */
  of(sessionId: number): Rating | undefined
  /** Takes what was read of sessions. */
  note(sessions: readonly OwnSession[]): void
  /** @throws ChatError */
  rate(sessionId: number, score: number, comment: string): Promise<void>
}

/** Whether a session can be rated now. */
export const mayRate = (closedAt: string | undefined, nowMs: number): boolean =>
  closedAt !== undefined && nowMs - Date.parse(closedAt) < RATED_FOR_MS

export function createOwnRatings(client: StoreClient): OwnRatings {
  const ratings = signal<Record<number, Rating>>({})

  function show(rating: Rating): void {
    const { session_id, updated } = rating
    // What was read may be older than what was given here meanwhile.
    if (updated >= (ratings.value[session_id]?.updated ?? ''))
      ratings.value = { ...ratings.value, [session_id]: rating }
  }

  return {
    of: (sessionId) => ratings.value[sessionId],
    note: (sessions) => sessions.forEach(({ rating }) => rating && show(rating)),
    rate: async (session_id, score, comment) => show(await client.rate({ session_id, score, comment })),
  }
}
