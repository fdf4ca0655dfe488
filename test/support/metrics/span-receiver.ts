import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import type { Test } from 'tap'

/** A span in OTLP's JSON, with its attributes by name. */
export interface ReceivedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number
  attributes: Record<string, string | number>
  links: { traceId: string; spanId: string }[]
}

interface Value {
  stringValue?: string
  intValue?: number
}

interface Batch {
  resourceSpans: {
    scopeSpans: {
      spans: (Omit<ReceivedSpan, 'attributes' | 'links'> &
        Partial<Pick<ReceivedSpan, 'links'>> & { attributes: { key: string; value: Value }[] })[]
    }[]
  }[]
}

/** Receives spans by OTLP over HTTP until the end of the test. */
export async function startSpanReceiver(t: Test) {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      bodies.push(body)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Returns all received bodies, unparsed. */
    text: () => bodies.join('\n'),
    spans: () => bodies.flatMap(readSpans),
  }
}

function readSpans(body: string): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body) as Batch
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
    .map(({ links = [], ...span }) => ({
      ...span,
      links,
      attributes: Object.fromEntries(
        span.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
      ),
    }))
}
