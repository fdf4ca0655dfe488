import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartupError } from '../errors/startup-error.js'
import type { ErrorBody } from '../protocol/schemas/error-body.js'
import type { MetricsSettings } from './settings/metrics-settings.js'

/** Serves the metrics of a node on a port of their own. */
export interface MetricsServer {
  /** For example `http://127.0.0.1:9100`. */
  readonly origin: string
  close(): Promise<void>
}

/** The response to a scrape. */
export interface Exposition {
  contentType: string
  collect(): Promise<string>
}

/** @throws StartupError when it cannot listen on the port */
export async function startMetricsServer(
  { host, port }: MetricsSettings,
  { contentType, collect }: Exposition,
  onError: (error: unknown) => void,
): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 5000 }, (request, response) => {
    const refusal = findRefusal(request)
    if (refusal) {
      refuse(response, ...refusal)
      return
    }
    collect().then(
      (text) => response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text),
      (error: unknown) => {
        onError(error)
        refuse(response, 500, 'Internal server error')
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reason =
        code === 'EADDRINUSE'
          ? `Port ${port} on ${host} is in use. Set METRICS_PORT to a free one.`
          : `The metrics cannot listen on ${host}:${port}: ${message}. Look at METRICS_HOST and METRICS_PORT.`
      reject(new StartupError(reason))
    })
    server.listen(port, host, resolve)
  })
  const { address, port: taken, family } = server.address() as AddressInfo
  return {
    origin: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

type Refusal = [statusCode: number, message: string, headers?: Record<string, string>]

function findRefusal({ method, url = '' }: IncomingMessage): Refusal | undefined {
  if (url.split('?', 1)[0] !== '/metrics') return [404, 'Not found']
  return method === 'GET' ? undefined : [405, 'Method not allowed', { allow: 'GET' }]
}

function refuse(response: ServerResponse, ...[statusCode, message, headers]: Refusal): void {
  const body: ErrorBody = { success: false, message }
  response
    .writeHead(statusCode, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(body))
}
