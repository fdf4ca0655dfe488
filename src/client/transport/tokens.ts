import { ChatError } from './chat-error.js'
import { now } from '../environment/clock.js'
import { withDeadline } from '../environment/deadline.js'
import type { Settings } from './options.js'

/** Refusals in a row that end the connection: the first token, and two renewed ones. */
const REFUSALS_IN_A_ROW = 3
/** A token that is refused sooner than this after it was accepted counts as refused at once. */
const ACCEPTED_MS = 1000

/** The token of a connection and of its requests. */
export interface Tokens {
  /** The token in use; undefined when `get` has to ask for one. */
  current(): string | undefined
  /**
   * The token in use, or a new one. Callers at the same time share one call of the application's function. A request gets
   * one also when the client has ended; a socket is not wanted then.
   * @throws ChatError `no_token` when the function fails, `unauthorized` when there will be no token any more
   */
  get(purpose: 'socket' | 'request'): Promise<string>
  /** The service has accepted a token. */
  accepted(token: string): void
  /** The service has refused a token. Returns whether `get` is worth another call; if not, `onEnd` has been called. */
  refused(token: string): boolean
}

/** `onEnd` is called at most once: no token is left to try. */
export function createTokens(settings: Settings, onEnd: (error: ChatError) => void): Tokens {
  const { token } = settings
  return typeof token === 'string' ? createFixedToken(token, onEnd) : createRenewedTokens(token, settings, onEnd)
}

function createFixedToken(token: string, onEnd: (error: ChatError) => void): Tokens {
  let isRefused = false
  return {
    current: () => token,
    get: async () => token,
    accepted: () => undefined,
    refused() {
      if (!isRefused) onEnd(new ChatError(401, 'The token is not valid any more'))
      isRefused = true
      return false
    },
  }
}

type TokenFunction = Exclude<Settings['token'], string>

function createRenewedTokens(
  askForToken: TokenFunction,
  { random, timing, pauses }: Settings,
  onEnd: (error: ChatError) => void,
): Tokens {
  let current: string | undefined
  let acceptedAt: number | undefined
  let pending: Promise<string> | undefined
  /** Requests that wait for `pending`. */
  let requests = 0
  let refusals = 0
  let ended: ChatError | undefined

  function end(message: string): ChatError {
    if (ended === undefined) onEnd((ended = new ChatError(401, message)))
    return ended
  }

  /** Rejects, or resolves with undefined, when there is no token in time, or the client has ended and no request waits. */
  async function ask(): Promise<string | null | undefined> {
    const answer = callFunction(askForToken)
    const isLate = pauses.wait(timing.requestMs)
    const outcome = await Promise.race([answer.then((token) => ({ token })), isLate])
    if (typeof outcome === 'object') return outcome.token
    if (outcome || requests === 0) return undefined
    return withDeadline(answer, timing.requestMs)
  }

  async function renew(): Promise<string> {
    // The first renewal is the ordinary one. Each further one means that something is wrong with the tokens.
    if (refusals > 1) await pauses.wait((1 + random()) * timing.retryMs * 2 ** (refusals - 2))
    const token = await ask().catch(() => undefined)
    if (token === null) throw end('The application has no token any more')
    // The cause is left out: it could hold a token.
    if (typeof token !== 'string' || token === '')
      throw new ChatError(0, 'The token function gave no token', 'no_token')
    current = token
    acceptedAt = undefined
    return token
  }

  return {
    current: () => current,
    get(purpose) {
      if (ended !== undefined) return Promise.reject(ended)
      if (current !== undefined) return Promise.resolve(current)
      pending ??= renew().finally(() => (pending = undefined))
      if (purpose === 'socket') return pending
      requests++
      return pending.finally(() => requests--)
    },
    accepted(token) {
      if (token === current) acceptedAt ??= now()
    },
    refused(token) {
      if (ended !== undefined) return false
      // Another request has had it renewed already.
      if (token !== current) return true
      if (acceptedAt !== undefined && now() - acceptedAt >= ACCEPTED_MS) refusals = 0
      current = undefined
      refusals++
      if (refusals < REFUSALS_IN_A_ROW) return true
      end('The service refused the renewed token, too')
      return false
    },
  }
}

/** A function that throws fails like one that rejects. */
const callFunction = async (askForToken: TokenFunction) => askForToken()
