import { toSocketUrl } from './address.js'
import { ChatError } from './chat-error.js'
import { createFrameLimiter, type FrameLimiter } from './frame-limiter.js'
import type { Settings } from './options.js'
import { readFrame } from './read-frame.js'
import type { ServerFrame } from '../../protocol/frames.js'
import type { Limits, Side } from '../../protocol/wire.js'

/** The code that browsers give to a connection that ended without a close frame. */
const ABNORMAL = 1006

/** One socket. Silence is followed by a ping, and further silence ends it. */
export interface Socket {
  send: FrameLimiter['send']
  /** From now on frames leave no faster than this server allows. */
  applyLimits(limits: Limits | undefined): void
  /** The server must be heard within a short time: in answer to a ping or, before the first frame, by that frame. */
  check(): void
  /** Ends it. Its listener is not called any more. */
  close(): void
}

/** `ended` and `unanswered` come once, the one or the other, and last. */
export interface SocketListener {
  frame(frame: ServerFrame): void
  /** A frame that could not be handled. The socket stays. */
  failed(cause: unknown): void
  ended(code: number): void
  /** A check was not answered. */
  unanswered(): void
}

/** @throws ChatError when the WebSocket cannot be made */
export function openSocket(settings: Settings, side: Side, token: string, listener: SocketListener): Socket {
  const { timing } = settings
  const socket = createWebSocket(settings, side, token)
  const limiter = createFrameLimiter((text) => socket.send(text))
  let isReady = false
  let isChecked = false
  let timer = setTimeout(() => end(ABNORMAL), timing.readyMs)

  function restartTimer(next: () => void, pauseMs: number): void {
    clearTimeout(timer)
    timer = setTimeout(next, pauseMs)
  }

  const ping = () => {
    limiter.send('ping', {})
    restartTimer(() => end(ABNORMAL), timing.pongMs)
  }

  socket.onmessage = ({ data }: { data: unknown }) => {
    try {
      const frame = readFrame(String(data))
      isReady = true
      isChecked = false
      restartTimer(ping, timing.pingMs)
      listener.frame(frame)
    } catch (error) {
      listener.failed(error)
    }
  }
  socket.onclose = ({ code }: { code: number }) => end(code)
  // A `close` follows. Without a listener `ws` would throw.
  socket.onerror = () => undefined

  function detach(): void {
    clearTimeout(timer)
    limiter.stop()
    socket.onmessage = null
    socket.onclose = null
  }

  /** A browser gives up by itself; `ws` would wait half a minute for the other end. */
  function terminate(): void {
    detach()
    if ('terminate' in socket) (socket as { terminate(): void }).terminate()
    else socket.close()
  }

  function end(code: number): void {
    terminate()
    listener.ended(code)
  }

  function endUnanswered(): void {
    terminate()
    listener.unanswered()
  }

  return {
    send: limiter.send,
    applyLimits: limiter.applyLimits,
    check() {
      if (isChecked) return
      isChecked = true
      if (!isReady) {
        restartTimer(endUnanswered, timing.checkMs)
        return
      }
      // Patience begins when the ping leaves: frames that wait for the server's limits leave first.
      limiter.send('ping', {}, () => {
        if (isChecked) restartTimer(endUnanswered, timing.checkMs)
      })
    },
    close() {
      detach()
      socket.close()
    },
  }
}

function createWebSocket({ baseUrl, WebSocket }: Settings, side: Side, token: string) {
  try {
    return new WebSocket(toSocketUrl(baseUrl, side, token))
  } catch {
    // The error's own text may hold the address, and with that the token.
    throw new ChatError(0, 'The WebSocket could not be made', 'error')
  }
}
