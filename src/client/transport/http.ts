import { toHttpUrl, type Fields } from './address.js'
import { ChatError, wrongInput, type FieldError } from './chat-error.js'
import { withDeadline } from '../environment/deadline.js'
import { isObject } from './is-object.js'
import type { Settings } from './options.js'
import { readRetryAfter } from './retry-after.js'
import type { Tokens } from './tokens.js'

/** Calls the service's routes below `/v1/chat/`. A request that is refused with 401 is repeated with a renewed token. */
export interface Http {
  /** An answer that lacks the `part`, an object or an array, is refused. @throws ChatError */
  get<T>(path: string, query?: Fields, part?: keyof T & string): Promise<T>
  /** @throws ChatError */
  post<T>(path: string, body?: Body): Promise<T>
  /** @throws ChatError */
  put<T>(path: string, body: Body): Promise<T>
  /** @throws ChatError */
  delete<T>(path: string): Promise<T>
}

type Body = Readonly<Record<string, unknown>>

interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: Body | undefined
  part?: string | undefined
}

export function createHttp(settings: Settings, tokens: Tokens): Http {
  async function request<T>(path: string, query: Fields, { body, ...call }: Call): Promise<T> {
    let url: string
    let text: string | undefined
    try {
      url = toHttpUrl(settings.baseUrl, path, query)
      text = JSON.stringify(body)
    } catch (cause) {
      throw wrongInput(cause)
    }
    return (await withToken(tokens, (token) => fetchAnswer(settings, url, token, { ...call, text }))) as T
  }

  return {
    get: (path, query = {}, part) => request(path, query, { method: 'GET', part }),
    post: (path, body = {}) => request(path, {}, { method: 'POST', body }),
    put: (path, body) => request(path, {}, { method: 'PUT', body }),
    delete: (path) => request(path, {}, { method: 'DELETE' }),
  }
}

/**
 * Makes a request, and makes it again with a renewed token as long as the one in use is refused with 401.
 * @throws ChatError when it fails in another way, or there is no other token
 */
export async function withToken<T>(tokens: Tokens, request: (token: string) => Promise<T | ChatError>): Promise<T> {
  for (;;) {
    const token = await tokens.get('request')
    const answer = await request(token)
    if (!(answer instanceof ChatError)) {
      tokens.accepted(token)
      return answer
    }
    if (answer.status !== 401 || !tokens.refused(token)) throw answer
  }
}

interface Sent extends Pick<Call, 'method' | 'part'> {
  text: string | undefined
}

async function fetchAnswer(
  settings: Settings,
  url: string,
  token: string,
  { method, text, part }: Sent,
): Promise<unknown> {
  const abort = typeof AbortController === 'function' ? new AbortController() : undefined
  const request: RequestInit = {
    method,
    headers: {
      authorization: `Token ${token}`,
      ...(text !== undefined && { 'content-type': 'application/json' }),
    },
    ...(text !== undefined && { body: text }),
    ...(abort && { signal: abort.signal }),
  }
  try {
    return await withDeadline(readAnswer(settings.fetch(url, request), part), settings.timing.requestMs)
  } catch {
    abort?.abort()
    // The cause is left out: it could tell of the request, and with that of the token.
    return new ChatError(0, 'The service cannot be reached')
  }
}

async function readAnswer(fetching: Promise<Response>, part: string | undefined): Promise<unknown> {
  const response = await fetching
  const answer: unknown = await response.json().catch(() => undefined)
  const isWhole = isObject(answer) && (part === undefined || isObject(answer[part]))
  return response.ok && isWhole ? answer : toError(response, answer)
}

/** The part of a response that says why something was refused. */
interface Refusal {
  status: number
  headers: { get(name: string): string | null }
}

/** The error that a response reports. */
export function toError({ status, headers }: Refusal, body: unknown): ChatError {
  const { message, errors } = (body ?? {}) as { message?: string; errors?: FieldError[] }
  const text = message ?? `The service answered with ${status}`
  return new ChatError(status, text, undefined, errors, readRetryAfter(headers.get('retry-after')))
}
