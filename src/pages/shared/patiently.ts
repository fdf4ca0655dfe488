import { ChatError } from '../../client/index.js'

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
/** About two minutes, unless the service asks for longer pauses. */
const MOST_TRIES = 8

/**
 * The pause before a read is repeated: it doubles with each try, up to half a minute, and is longer by a random part, so
 * that pages that failed together do not come back together.
 */
export const choosePauseMs = (tries: number): number =>
  (1 + Math.random()) * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries)

/** Repeats a read of the page's own that was one too many, when the service takes it again. */
export async function patiently<T>(read: () => Promise<T>): Promise<T> {
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
