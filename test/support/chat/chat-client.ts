import { AssertionError } from 'node:assert'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { Test } from 'tap'
import type { Answer, RequestOptions } from '../clients/client.js'
import { startNodes, type NodeOptions, type TestNode } from '../nodes/node.js'

type Fields = Record<string, unknown>

/** A client of the chat's routes that holds every answer against the API's own description. */
export interface ChatClient {
  node: TestNode
  /** A GET of a path below `/v1/chat/`. */
  get(path: string, account?: { token: string }, query?: Fields): Promise<Answer>
  /** A POST to a path below `/v1/chat/`. */
  post(path: string, account?: { token: string }, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export function createChatClient(node: TestNode): ChatClient {
  const check = createAnswerCheck(node)
  const request = async (method: 'GET' | 'POST', path: string, query: string, options: RequestOptions) => {
    const answer = await node.request(method, `/v1/chat/${path}${query}`, options)
    check(method, `/v1/chat/${path}`, answer)
    return answer
  }
  const tokenOf = (account?: { token: string }) => account && { token: account.token }
  return {
    node,
    get(path, account, query = {}) {
      const words = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
      return request('GET', path, words.size > 0 ? `?${words.toString()}` : '', { ...tokenOf(account) })
    },
    post: (path, account, body, headers = {}) => request('POST', path, '', { ...tokenOf(account), body, headers }),
  }
}

/** Clients of two nodes on one database and one network. */
export async function startTwoNodes(t: Test, options?: NodeOptions): Promise<[ChatClient, ChatClient]> {
  const [here, there] = await startNodes(t, 2, options)
  if (here === undefined || there === undefined) throw new Error('Two nodes were asked for')
  return [createChatClient(here), createChatClient(there)]
}

/**
 * A check of an answer against the route's description in the OpenAPI document: the status is one that it names, and the
 * body has the described shape and not a key more. Bodies made in SQL pass no serializer that would see to it.
 */
export function createAnswerCheck({ app }: Pick<TestNode, 'app'>) {
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats.default(ajv, ['date-time', 'uri'])
  const compiled = new Map<string, ValidateFunction>()
  const { paths = {} } = app.swagger() as unknown as OpenApiDocument

  return (method: string, path: string, { status, text, body }: Answer) => {
    const what = `${method} ${path} ${status}`
    const responses = paths[path]?.[method.toLowerCase()]?.responses
    if (responses === undefined) throw new AssertionError({ message: `${method} ${path} is not described` })
    const response = responses[String(status)]
    if (response === undefined) throw new AssertionError({ message: `${what} is not described: ${text.slice(0, 500)}` })
    const described = response.content?.['application/json']
    // A file, or nothing.
    if (described === undefined || method === 'HEAD') return
    let validate = compiled.get(what)
    if (validate === undefined) {
      validate = ajv.compile(closeObjects(described.schema) as object)
      compiled.set(what, validate)
    }
    if (validate(body)) return
    throw new AssertionError({ message: `${what}: ${ajv.errorsText(validate.errors)}: ${text.slice(0, 500)}` })
  }
}

/** What of an OpenAPI document is looked at. */
export interface OpenApiDocument {
  paths?: Record<string, Record<string, { responses: Record<string, DescribedResponse> }>>
}

interface DescribedResponse {
  content?: { 'application/json'?: { schema: unknown } }
}

/** The same schema, with objects that allow no other keys. */
function closeObjects(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeObjects)
  if (typeof schema !== 'object' || schema === null) return schema
  const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closeObjects(value)]))
  return 'properties' in schema ? { additionalProperties: false, ...closed } : closed
}
