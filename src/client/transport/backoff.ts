import type { ChatError } from './chat-error.js'
import type { Settings, Timing } from './options.js'

/**
 * Full jitter: anything from nothing to a bound that doubles with each try, so that those who were cut off together do not
 * come back together.
 */
export function chooseRetryMs(random: () => number, { retryMs, longestRetryMs }: Timing, tries: number): number {
  return random() * Math.min(longestRetryMs, retryMs * 2 ** tries)
}

type Refusal = Pick<ChatError, 'code' | 'retryAfterMs'>

/** Whether the same request may succeed later. */
export const isRefusedForNow = ({ code }: Pick<Refusal, 'code'>): boolean =>
  code === 'too_many' || code === 'unavailable'

/**
 * The pause before something is repeated that was refused for now: it doubles with each try, and is never shorter than the
 * server asks for.
 */
export function chooseRepeatMs({ random, timing }: Settings, refusal: Refusal, tries: number): number {
  const firstMs = refusal.code === 'too_many' ? timing.tooManyMs : timing.retryMs
  const pauseMs = (1 + random()) * Math.min(timing.longestRetryMs, firstMs * 2 ** tries)
  return Math.max(pauseMs, refusal.retryAfterMs ?? 0)
}

/**
 * Repeats a request of the client's own for as long as the server refuses it for now. Returns undefined when the request is
 * not wanted any more, or the client has ended.
 * @throws ChatError when it fails in another way
 */
export async function repeatWhileRefused<T>(
  settings: Settings,
  request: () => Promise<T>,
  isWanted: () => boolean,
): Promise<T | undefined> {
  for (let tries = 0; isWanted();) {
    const outcome = await request().then(
      (answer) => ({ answer }),
      (error: unknown) => error as ChatError,
    )
    if ('answer' in outcome) return outcome.answer
    if (!isRefusedForNow(outcome)) throw outcome
    if (!(await settings.pauses.wait(chooseRepeatMs(settings, outcome, tries++)))) break
  }
  return undefined
}

/** The pauses of a client, none of which outlasts it: a timer keeps a process of Node.js alive. */
export interface Pauses {
  /** Resolves with true after the time, or with false as soon as the client has ended. */
  wait(pauseMs: number): Promise<boolean>
  /** Tells that the client has ended. */
  end(): void
}

export function createPauses(): Pauses {
  const ends = new Set<() => void>()
  let isOver = false
  return {
    wait(pauseMs) {
      if (isOver) return Promise.resolve(false)
      return new Promise((resolve) => {
        const finish = (isWhole: boolean) => {
          clearTimeout(timer)
          ends.delete(end)
          resolve(isWhole)
        }
        const end = () => finish(false)
        const timer = setTimeout(() => finish(true), pauseMs)
        ends.add(end)
      })
    },
    end() {
      isOver = true
      for (const end of [...ends]) end()
    },
  }
}
