import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Test } from 'tap'

/** An event as a receiver got it. */
export interface ReceivedEvent {
  id: string
  type: string
  timestamp: string
  // What an event holds is what a test is about to find out.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: any
  body: string
  headers: Record<string, string>
}

/** What a receiver does with an event: a status, with headers perhaps, or something worse. */
export type Reaction = number | { status: number; headers?: Record<string, string>; body?: string } | 'hang' | 'close'

/** A receiver of webhooks of the test's own. */
export interface Receiver {
  url: string
  /** All that came, in the order in which it came, whatever was answered. */
  requests: ReceivedEvent[]
  /** What was answered with a 2xx. */
  accepted: ReceivedEvent[]
  /** How many requests hang at the moment. */
  hanging(): number
  /** Of what was accepted: `session:seq` in order, each once. */
  firsts(): string[]
}

/** Starts a receiver. Its reaction may depend on the event, and on how many came before it. */
export async function startReceiver(
  t: Pick<Test, 'teardown'>,
  react: (event: ReceivedEvent, place: number) => Reaction = () => 204,
): Promise<Receiver> {
  const requests: ReceivedEvent[] = []
  const accepted: ReceivedEvent[] = []
  const hanging = new Set<IncomingMessage>()
  const server = createServer((request, response) => {
    void readEvent(request).then((event) => {
      const reaction = react(event, requests.push(event) - 1)
      if (reaction === 'hang') {
        hanging.add(request)
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

/** Whether the reference library takes an event as signed with a secret. */
export function isSigned({ body, headers }: ReceivedEvent, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch {
    return false
  }
}
