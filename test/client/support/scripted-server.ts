import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { WebSocketServer, type WebSocket } from 'ws'
import type { ServerFrames } from '../../../src/client/index.js'

/** A server that sends only what a test tells it to, for cases that are rare with the real one. */
export interface ScriptedServer {
  origin: string
  /** All frames that clients have sent. */
  received: { type: string; payload: Record<string, unknown> }[]
  /** Sets the first frames of later connections. */
  begin(ready: ServerFrames['ready']): void
  say<T extends keyof ServerFrames>(type: T, payload: ServerFrames[T]): void
  /** Sends what need not be a frame. */
  write(text: string): void
  end(code: number): void
}

export async function startScriptedServer(t: Test, first: ServerFrames['ready']): Promise<ScriptedServer> {
  let ready = first
  const received: ScriptedServer['received'] = []
  const sockets = new Set<WebSocket>()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  t.teardown(() => server.close())
  const write = (text: string) => {
    for (const socket of sockets) socket.send(text)
  }
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString()) as never))
    socket.send(JSON.stringify({ type: 'ready', payload: ready }))
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    begin: (next) => (ready = next),
    say: (type, payload) => write(JSON.stringify({ type, payload })),
    write,
    end(code) {
      for (const socket of sockets) socket.close(code)
    },
  }
}
