import { AssertionError } from 'node:assert'
import { Agent, request as sendRequest, type IncomingHttpHeaders } from 'node:http'
import { text as readText } from 'node:stream/consumers'

export interface RequestOptions {
  /** Sent as `Authorization: Token …`. */
  token?: string
  headers?: Record<string, string>
  /** Text and bytes are sent unchanged, anything else as JSON. */
  body?: unknown
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** Parsed if it is JSON. Tests check its content. */
  // oxlint-disable-next-line typescript/no-explicit-any -- so that tests can look into it
  body: any
  text: string
}

/** An HTTP client of one origin that checks that every failure has the standard error body. */
export interface HttpClient {
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
  get(path: string, options?: RequestOptions): Promise<Answer>
  post(path: string, options?: RequestOptions): Promise<Answer>
  put(path: string, options?: RequestOptions): Promise<Answer>
  delete(path: string, options?: RequestOptions): Promise<Answer>
  close(): void
}

export function createHttpClient(origin: string): HttpClient {
  const agent = new Agent({ keepAlive: true })
  const request: HttpClient['request'] = async (method, path, options = {}) => {
    const answer = await send(agent, new URL(path, origin), method, options)
    if (answer.status >= 400 && method !== 'HEAD') checkErrorBody(answer)
    return answer
  }
  const by = (method: string) => (path: string, options?: RequestOptions) => request(method, path, options)
  return {
    request,
    get: by('GET'),
    post: by('POST'),
    put: by('PUT'),
    delete: by('DELETE'),
    close: () => agent.destroy(),
  }
}

async function send(agent: Agent, url: URL, method: string, { token, headers, body }: RequestOptions): Promise<Answer> {
  const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
  const content = isRaw ? body : JSON.stringify(body)
  const sent = {
    ...(token !== undefined && { authorization: `Token ${token}` }),
    ...(content !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(content)),
    }),
    ...headers,
  }
  return new Promise((resolve, reject) => {
    const request = sendRequest(url, { agent, method, headers: sent }, (response) => {
      readText(response).then((text) => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, text, body: parse(text, headers['content-type']) })
      }, reject)
    })
    request.on('error', reject)
    request.end(content)
  })
}

function parse(text: string, contentType = ''): unknown {
  return contentType.startsWith('application/json') && text !== '' ? JSON.parse(text) : text
}

/** The standard error body: exactly `success` and `message`; a 400 may add `errors`, each with a field and a message. */
function checkErrorBody({ status, body, text }: Answer): void {
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
  const isText = (value: unknown) => typeof value === 'string' && value !== ''
  const holds = (value: unknown, ...keys: string[]) => isObject(value) && Object.keys(value).join() === keys.join()
  const errors: unknown = isObject(body) ? body['errors'] : undefined
  const hasErrors =
    status === 400 && Array.isArray(errors) && errors.length > 0 && errors.every((e) => holds(e, 'field', 'message'))
  const keys = hasErrors ? ['success', 'message', 'errors'] : ['success', 'message']
  if (holds(body, ...keys) && isObject(body) && body['success'] === false && isText(body['message'])) return
  throw new AssertionError({ message: `A ${status} without the standard error body: ${text.slice(0, 500)}` })
}
