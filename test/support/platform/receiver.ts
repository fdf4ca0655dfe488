import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Test } from 'tap'

/** An event that the receiver has got. */
export interface ReceivedEvent {
  id: string
  type: string
  timestamp: string
  // Tests check the content of an event.
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any
  body: string
  headers: Record<string, string>
}

/** The reaction to an event: a status, optionally with headers, or a broken answer. */
export type Reaction = number | { status: number; headers?: Record<string, string>; body?: string } | 'hang' | 'close'

/** A receiver of webhooks for one test. */
export interface Receiver {
  url: string
  /** All events in the order of arrival, whatever was answered. */
  requests: ReceivedEvent[]
  /** Events that were answered with a 2xx. */
  accepted: ReceivedEvent[]
  /** The number of requests without an answer. */
  hanging(): number
  /** The most of them at once. */
  mostHanging(): number
  /** `session:seq` of the accepted events in order, each once. */
  firsts(): string[]
}

/** Starts a receiver. Its reaction may depend on the event and on the number of earlier ones. */
export async function startReceiver(
  t: Pick<Test, 'teardown'>,
  react: (event: ReceivedEvent, place: number) => Reaction = () => 204,
): Promise<Receiver> {
  const requests: ReceivedEvent[] = []
  const accepted: ReceivedEvent[] = []
  const hanging = new Set<IncomingMessage>()
  let mostHanging = 0
  const server = createServer((request, response) => {
    void readEvent(request).then((event) => {
      const reaction = react(event, requests.push(event) - 1)
      if (reaction === 'hang') {
        hanging.add(request)
        mostHanging = Math.max(mostHanging, hanging.size)
        request.socket.once('close', () => hanging.delete(request))
      }
      if (answer(reaction, request, response)) accepted.push(event)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/events`,
    requests,
    accepted,
    hanging: () => hanging.size,
    mostHanging: () => mostHanging,
    firsts: () => [...new Set(accepted.map(({ data }) => `${sessionOf(data)}:${data.seq}`))],
  }
}

const sessionOf = (data: ReceivedEvent['data']): number => data.message?.session_id ?? data.session?.id

async function readEvent(request: IncomingMessage): Promise<ReceivedEvent> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  const headers = request.headers as Record<string, string>
  return { ...JSON.parse(body), id: headers['webhook-id'], body, headers }
}

function answer(reaction: Reaction, request: IncomingMessage, response: ServerResponse): boolean {
  if (reaction === 'hang') return false
  if (reaction === 'close') {
    request.socket.destroy()
    return false
  }
  const { status, headers = {}, body = '' } = typeof reaction === 'number' ? { status: reaction } : reaction
  response.writeHead(status, headers).end(body)
  return status >= 200 && status < 300
}

/** Whether the reference library accepts the signature of an event. */
export function isSigned({ body, headers }: ReceivedEvent, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch {
    return false
  }
}
