import { randomBytes } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { JSON_TYPE } from './describe-route.js'
import type { ErrorBody } from '../protocol/schemas/error-body.js'

/** Answers an expectation other than `100-continue`, which Node does not pass on to Fastify. */
export function answerExpectation(request: IncomingMessage, response: ServerResponse): void {
  const { headers, body } = formatRefusal('Expectation Failed', request)
  response.writeHead(417, headers).end(body)
}

/** Connections whose request may take longer than others. */
const patientSockets = new WeakSet<Duplex>()

/** Lets the present request of a connection take as long as its route allows. Returns what ends that. */
export function setPatient(socket: Duplex): () => void {
  patientSockets.add(socket)
  return () => patientSockets.delete(socket)
}

/** Answers what never became a request: it is not HTTP, or its headers are too large or too slow. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Node looks at a request once only.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && patientSockets.has(socket)) return
  const response = responseUnderWay(socket)
  // Within a response that has begun, a client would take a second one for a part of its body.
  const isTooLate = response?.headersSent === true && !response.req.complete
  if (error.code === 'ECONNRESET' || isTooLate || !socket.writable) return void socket.destroy()
  const statusCodes: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }
  const refuse = () => refuseOnSocket(socket, statusCodes[error.code ?? ''] ?? 400)
  // A whole request has its own answer; what is broken came behind it.
  if (response?.req.complete === true) whenAnswered(socket, refuse)
  else refuse()
}

interface RawRefusal {
  message?: string | undefined
  headers?: Record<string, string>
  request?: IncomingMessage
}

/**
 * Writes a refusal with the standard body to a socket that has no response of its own, and closes the socket: Node has
 * perhaps taken its listeners away, so that nobody else would notice an error or a client that keeps its side open.
 */
export function refuseOnSocket(socket: Duplex, statusCode: number, refusal: RawRefusal = {}): void {
  const reason = STATUS_CODES[statusCode] ?? ''
  const { headers, body } = formatRefusal(refusal.message ?? reason, refusal.request)
  const lines = Object.entries({ ...headers, Connection: 'close', ...refusal.headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  socket.on('error', destroyThis)
  socket.once('finish', destroyThis)
  socket.end(`HTTP/1.1 ${statusCode} ${reason}\r\n${lines.join('')}\r\n${body}`)
}

function formatRefusal(message: string, request?: IncomingMessage) {
  const refusal: ErrorBody = { success: false, message }
  const body = JSON.stringify(refusal)
  const headers = {
    'Content-Type': JSON_TYPE,
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': request ? readRequestId(request) : createRequestId(),
    'Cache-Control': 'no-store',
  }
  return { headers, body }
}

/** Calls back once the responses to earlier, pipelined requests are written; not at all when the connection ends before. */
export function whenAnswered(socket: Duplex, proceed: () => void): void {
  // Node has taken its own listener away, and an error without one would end the process.
  socket.on('error', destroyThis)
  const check = () => {
    const response = responseUnderWay(socket)
    if (response !== undefined) return void response.once('close', check)
    if (socket.destroyed || !socket.writable) return void socket.destroy()
    proceed()
    socket.off('error', destroyThis)
  }
  check()
}

function destroyThis(this: Duplex): void {
  this.destroy()
}

/** The response that is assigned to a socket. The field is Node's own: it has no public name. */
function responseUnderWay(socket: Duplex): ServerResponse | undefined {
  return (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined
}

const startedAt = randomBytes(6).toString('base64url')
let requestCount = 0

/** Unique over nodes and restarts. */
const createRequestId = () => `${startedAt}-${(requestCount++).toString(36)}`

/** A caller's own request id is kept when it is a plain one, so that logs can be followed across services. */
export function readRequestId({ headers }: { headers: Record<string, string | string[] | undefined> }): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : createRequestId()
}
