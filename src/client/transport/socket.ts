import { createFrameGate, type FrameGate } from './frame-gate.js'
import type { Settings } from './options.js'
import type { Limits, ServerFrame, Side } from '../../protocol/wire.js'

/** As the browser names a connection that ended without a word. */
export const CUT = 1006

export interface Socket {
  send: FrameGate['send']
  /** From now on frames leave no faster than this server allows. */
  obey(limits: Limits | undefined): void
  /** Ends it without a further word to its owner. `isCut`: without waiting for the other end. */
  drop(isCut?: boolean): void
}

export interface SocketOwner {
  frame(frame: ServerFrame): void
  /** Once, when it has ended or counts as cut. */
  end(code: number): void
}

/** Opens one socket. Silence is asked about, and a silence that goes on ends it. */
export function openSocket(settings: Settings, side: Side, owner: SocketOwner): Socket {
  const { timing } = settings
  const socket = createSocket(settings, side)
  const gate = createFrameGate((text) => socket.send(text))
  let timer = setTimeout(() => end(CUT), timing.readyMs)

  const listenOn = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      gate.send('ping', {})
      timer = setTimeout(() => end(CUT), timing.pongMs)
    }, timing.pingMs)
  }

  socket.onmessage = ({ data }: { data: unknown }) => {
    listenOn()
    owner.frame(JSON.parse(String(data)) as ServerFrame)
  }
  socket.onclose = ({ code }: { code: number }) => end(code)
  // A `close` follows. Without a listener `ws` would throw.
  socket.onerror = () => undefined

  function drop(isCut = false): void {
    clearTimeout(timer)
    gate.stop()
    socket.onmessage = null
    socket.onclose = null
    // A browser gives up by itself; `ws` would wait for half a minute.
    if (isCut && 'terminate' in socket) (socket as { terminate(): void }).terminate()
    else socket.close()
  }

  function end(code: number): void {
    drop(true)
    owner.end(code)
  }

  return { send: gate.send, obey: gate.obey, drop }
}

function createSocket({ origin, token, WebSocket }: Settings, side: Side) {
  const url = new URL(`${origin}/v1/chat/ws/${side}/`)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
  // Browsers can set no header on a socket.
  url.searchParams.set('token', token)
  try {
    return new WebSocket(url.href)
  } catch {
    // The error's own text may hold the address.
    throw new TypeError('The WebSocket could not be made')
  }
}
