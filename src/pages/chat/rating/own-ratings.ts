import { signal } from '@preact/signals'
import type { OwnSession, Rating, StoreClient } from '../../../client/index.js'

/** The service rejects a rating later than this after the session was closed. */
const RATED_FOR_MS = 14 * 86_400_000

/** The ratings that the store has given to its sessions, here or in another browser. */
export interface OwnRatings {
  /** Undefined if the session is not rated. */
  of(sessionId: number): Rating | undefined
  /** Adds the ratings of sessions that were read from the service. */
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
    // A read that started before a rating was given here returns the previous one.
    if (updated >= (ratings.value[session_id]?.updated ?? ''))
      ratings.value = { ...ratings.value, [session_id]: rating }
  }

  return {
    of: (sessionId) => ratings.value[sessionId],
    note: (sessions) => sessions.forEach(({ rating }) => rating && show(rating)),
    rate: async (session_id, score, comment) => show(await client.rate({ session_id, score, comment })),
  }
}
