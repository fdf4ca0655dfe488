import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface PathProxyOptions {
  /** The path of the service, such as `/support`. */
  path: string
  /** Whether the proxy strips the path. */
  isStripped: boolean
}

/** A reverse proxy that serves only the service, under a path. */
export interface PathProxy {
  /** Without the path. */
  origin: string
  /** Sets the node that gets later requests. */
  lead(to: { origin: string }): void
}

export async function startPathProxy(t: Test, { path, isStripped }: PathProxyOptions): Promise<PathProxy> {
  let target: { origin: string } | undefined
  const forward = ({ method, url = '', headers }: IncomingMessage) => {
    if (target === undefined || !`${url}/`.startsWith(`${path}/`)) return undefined
    const { hostname, port } = new URL(target.origin)
    return request({ hostname, port, method, headers, path: isStripped ? url.slice(path.length) || '/' : url })
  }
  const server = createServer((incoming, outgoing) => {
    const onward = forward(incoming)
    if (onward === undefined) return void outgoing.writeHead(404, { 'content-type': 'text/plain' }).end('Not the chat')
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.on('upgrade', (incoming: IncomingMessage, socket, head) => {
    const onward = forward(incoming)
    if (onward === undefined) return void socket.destroy()
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
    onward.on('response', () => socket.destroy())
    onward.on('upgrade', ({ statusCode, statusMessage, rawHeaders }, far, farHead) => {
      const headers = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? `${name}: ${rawHeaders[index + 1]}` : []))
      socket.write([`HTTP/1.1 ${statusCode} ${statusMessage}`, ...headers, '', ''].join('\r\n'))
      socket.write(farHead)
      far.on('error', () => socket.destroy())
      far.pipe(socket).pipe(far)
    })
    onward.end(head)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, lead: (to) => (target = to) }
}
