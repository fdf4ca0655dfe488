import { ChatError } from '../../client/index.js'

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
/** The pauses add up to two to four minutes, or more if the service asks for longer ones. */
const MOST_TRIES = 8

/**
 * The pause before a read is repeated. It doubles with each try up to half a minute; random jitter, up to the same length,
 * keeps pages that failed together from retrying together.
 */
export const choosePauseMs = (tries: number): number =>
  (1 + Math.random()) * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries)

/** Repeats a read that the service refused with `too_many`, after a backoff that respects `Retry-After`. */
export async function retryLimited<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== 'too_many' || tries === MOST_TRIES) throw error
      const pauseMs = Math.max(choosePauseMs(tries), error.retryAfterMs ?? 0)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

/** The name by which lazily loaded modules import it: see lazy-kit.ts. A loaded page may be of an earlier version. */
export { retryLimited as patiently }
