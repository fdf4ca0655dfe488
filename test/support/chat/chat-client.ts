import { AssertionError } from 'node:assert'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { Test } from 'tap'
import type { Answer, RequestOptions } from '../clients/client.js'
import { startNodes, type NodeOptions, type TestNode } from '../nodes/node.js'

type Fields = Record<string, unknown>

/** A client of the chat's routes that checks every answer against the OpenAPI document. */
export interface ChatClient {
  node: TestNode
  /** A GET of a path below `/v1/chat/`. */
  get(path: string, account?: { token: string }, query?: Fields): Promise<Answer>
  /** A POST to a path below `/v1/chat/`. */
  post(path: string, account?: { token: string }, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  put(path: string, account: { token: string }, body: unknown): Promise<Answer>
  delete(path: string, account: { token: string }): Promise<Answer>
}

export function createChatClient(node: TestNode): ChatClient {
  const check = createAnswerCheck(node)
  const request = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    query: string,
    options: RequestOptions,
  ) => {
    const answer = await node.request(method, `/v1/chat/${path}${query}`, options)
    check(method, `/v1/chat/${path.replace(/\/\d+\//, '/{id}/')}`, answer)
    return answer
  }
  const tokenOf = (account?: { token: string }) => account && { token: account.token }
  return {
    node,
    get(path, account, query = {}) {
      const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
      return request('GET', path, params.size > 0 ? `?${params.toString()}` : '', { ...tokenOf(account) })
    },
    post: (path, account, body, headers = {}) => request('POST', path, '', { ...tokenOf(account), body, headers }),
    put: (path, account, body) => request('PUT', path, '', { ...tokenOf(account), body }),
    delete: (path, account) => request('DELETE', path, '', { ...tokenOf(account) }),
  }
}

/** Clients of two nodes on one database and one network. */
export async function startTwoNodes(t: Test, options?: NodeOptions): Promise<[ChatClient, ChatClient]> {
  const [here, there] = await startNodes(t, 2, options)
  if (here === undefined || there === undefined) throw new Error('startNodes did not start two nodes')
  return [createChatClient(here), createChatClient(there)]
}

/**
 * Returns a check of answers against the OpenAPI document: the status is documented, and the body has the documented shape
 * without additional keys. Bodies that are built in SQL pass no serializer that would ensure this.
 */
export function createAnswerCheck({ app }: Pick<TestNode, 'app'>) {
  const checks = new Map<string, ValidateFunction>()
  const { paths = {} } = app.swagger() as unknown as OpenApiDocument

  return (method: string, path: string, { status, text, body }: Answer) => {
    const what = `${method} ${path} ${status}`
    const responses = paths[path]?.[method.toLowerCase()]?.responses
    if (responses === undefined) throw new AssertionError({ message: `${method} ${path} is not described` })
    const response = responses[String(status)]
    if (response === undefined) throw new AssertionError({ message: `${what} is not described: ${text.slice(0, 500)}` })
    const described = response.content?.['application/json']
    // The response is a file, or has no body.
    if (described === undefined || method === 'HEAD') return
    let validate = checks.get(what)
    if (validate === undefined) checks.set(what, (validate = compile(described.schema)))
    if (validate(body)) return
    throw new AssertionError({ message: `${what}: ${ajv.errorsText(validate.errors)}: ${text.slice(0, 500)}` })
  }
}

const ajv = new Ajv({ strict: false, allErrors: true })
addFormats.default(ajv, ['date-time', 'uri'])
/** Validators by the text of their schema, because all nodes of a process have the same schemas. */
const compiled = new Map<string, ValidateFunction>()

function compile(schema: unknown): ValidateFunction {
  const text = JSON.stringify(schema)
  let validate = compiled.get(text)
  if (validate === undefined) compiled.set(text, (validate = ajv.compile(closeObjects(schema) as object)))
  return validate
}

/** The parts of an OpenAPI document that the check reads. */
export interface OpenApiDocument {
  paths?: Record<string, Record<string, { responses: Record<string, DescribedResponse> }>>
}

interface DescribedResponse {
  content?: { 'application/json'?: { schema: unknown } }
}

/** Copies a schema, with objects that allow no additional keys. */
function closeObjects(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeObjects)
  if (typeof schema !== 'object' || schema === null) return schema
  const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closeObjects(value)]))
  return 'properties' in schema ? { additionalProperties: false, ...closed } : closed
}
