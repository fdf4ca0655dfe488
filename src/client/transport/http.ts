import { ChatError, type FieldError } from './chat-error.js'
import type { Settings } from './options.js'

export type Fields = Record<string, string | number | undefined>

/** Calls the service's routes below `/v1/chat/`. */
export interface Http {
  /** @throws ChatError */
  get<T>(path: string, query?: Fields): Promise<T>
  /** @throws ChatError */
  post<T>(path: string, body?: Fields): Promise<T>
}

/** `onRefusal` hears of every refusal, before its caller does. */
export function createHttp(settings: Settings, onRefusal: (error: ChatError) => void): Http {
  const { origin, token, timing } = settings

  async function request<T>(path: string, query: Fields, body?: Fields): Promise<T> {
    const url = new URL(`/v1/chat/${path}`, origin)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const error = await ask(url, body)
    if (!(error instanceof ChatError)) return error as T
    onRefusal(error)
    throw error
  }

  async function ask(url: URL, body?: Fields): Promise<unknown> {
    try {
      const response = await settings.fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Token ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timing.requestMs),
      })
      const answer: unknown = await response.json().catch(() => undefined)
      if (response.ok && answer !== undefined) return answer
      return toError(response, answer)
    } catch {
      // What failed might tell of the request, and with that of the token.
      return new ChatError(0, 'The service cannot be reached')
    }
  }

  return {
    get: (path, query = {}) => request(path, query),
    post: (path, body = {}) => request(path, {}, body),
  }
}

/** What of an answer tells why something was refused. */
interface Refusal {
  status: number
  headers: { get(name: string): string | null }
}

/** The error that an answer tells of. */
export function toError({ status, headers }: Refusal, body: unknown): ChatError {
  const { message, errors } = (body ?? {}) as { message?: string; errors?: FieldError[] }
  const text = message ?? `The service answered with ${status}`
  return new ChatError(status, text, undefined, errors, readRetryAfter(headers.get('retry-after')))
}

/** A proxy may ask for any time; timers overflow at 25 days. */
const LONGEST_RETRY_AFTER_MS = 3_600_000

/** RFC 9110, section 10.2.3: seconds, or a date. */
function readRetryAfter(value: string | null): number | undefined {
  if (value === null || value.trim() === '') return undefined
  const seconds = Number(value)
  const pauseMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return Number.isNaN(pauseMs) ? undefined : Math.min(Math.max(0, pauseMs), LONGEST_RETRY_AFTER_MS)
}
