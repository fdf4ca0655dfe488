import { chooseRepeatMs, chooseRetryMs, isRefusedForNow } from '../transport/backoff.js'
import { ChatError } from '../transport/chat-error.js'
import type { Settings } from '../transport/options.js'
import { untilAborted } from './abort.js'
import type { Upload } from './upload.js'

/** Failures while the connection is there. A server that refuses a file may look like one that cuts the upload. */
const MOST_FAILURES = 4
/** What the server asks to wait for longer than this, such as a daily limit, is for a person to decide. */
const LONGEST_WAIT_MS = 60_000

export interface RepeatDeps {
  settings: Settings
  upload: Upload
  isOnline(): boolean
  /** Finds out whether the connection is still there. */
  checkConnection(): void
  /** Why nothing is sent any more; undefined while the client is in use. */
  findEnd(): ChatError | undefined
}

/** Uploads that are tried again over as many cuts as it takes. */
export interface RepeatedUploads {
  /**
   * Tries again while there is no connection, and a few times while there is one and the upload is cut or refused for now.
   * An upload that was cut leaves nothing but a file that nobody names.
   */
  upload: Upload
  /** The connection is back: what waits goes on at once. */
  wake(): void
}

export function createRepeatedUploads({
  settings,
  upload,
  isOnline,
  checkConnection,
  findEnd,
}: RepeatDeps): RepeatedUploads {
  const waiting = new Set<() => void>()

  function choosePauseMs(error: Error, tries: number): number | undefined {
    if (!(error instanceof ChatError)) return undefined
    if (error.code === 'offline' || error.code === 'no_token') {
      const retryMs = chooseRetryMs(settings.random, settings.timing, tries)
      // By then it is known whether the connection is really there.
      return isOnline() ? settings.timing.checkMs + retryMs : retryMs
    }
    const isForNow = isRefusedForNow(error) && (error.retryAfterMs ?? 0) <= LONGEST_WAIT_MS
    return isForNow ? chooseRepeatMs(settings, error, tries) : undefined
  }

  async function pause(pauseMs: number): Promise<void> {
    let wake: () => void = () => undefined
    const woken = new Promise<void>((resolve) => waiting.add((wake = resolve)))
    await Promise.race([settings.pauses.wait(pauseMs), woken]).finally(() => waiting.delete(wake))
  }

  return {
    async upload(file, options = {}) {
      let failures = 0
      for (let tries = 0; ; tries++) {
        const end = findEnd()
        if (end !== undefined) throw end
        const outcome = await upload(file, options).catch((error: unknown) => error as Error)
        if (!(outcome instanceof Error)) return outcome
        failures = isOnline() ? failures + 1 : 0
        const pauseMs = failures < MOST_FAILURES ? choosePauseMs(outcome, tries) : undefined
        if (pauseMs === undefined) throw outcome
        // Without a connection it is tried anyway, with its own pauses.
        if (isOnline() && (outcome as ChatError).code === 'offline') checkConnection()
        await untilAborted(pause(pauseMs), options.signal)
      }
    },
    wake() {
      for (const wake of [...waiting]) wake()
    },
  }
}
