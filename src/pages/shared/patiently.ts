import { ChatError } from '../../client/index.js'

const FIRST_PAUSE_MS = 1000
/** About two minutes, unless the service asks for longer pauses. */
const MOST_TRIES = 8

/** Repeats a read of the page's own that was one too many, when the service takes it again. */
export async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== 'too_many' || tries === MOST_TRIES) throw error
      const pauseMs = Math.max(FIRST_PAUSE_MS * 2 ** Math.min(tries, 4), error.retryAfterMs ?? 0)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
