import type { Side } from '../../protocol/account.js'
import type { TypingEvent } from '../../events/events.js'
import { presenceFrame, typingFrame } from '../../events/event-frames.js'

const TYPING_MS = 6000

type Send = (sessionId: number, frame: string) => void

/** What one side's sockets are shown of the other side: who is typing, and who is online. Nothing of it is stored. */
export interface TypingAndPresence {
  /** Shows that somebody types, or has stopped. Typing ends by itself after 6 s, in case its end is lost. */
  showTyping(event: TypingEvent): void
  /** Shows a presence that was read or published, unless it is the one that was sent before. */
  showPresence(sessionId: number, isOnline: boolean): void
  /**
   * Asks for the presence to be read again soon. With `isDue` it is then sent even when it is the same as before: others
   * see the session now, or it has another holder.
   */
  doubtPresence(sessionId: number, isDue: boolean): void
  doubtedSessions(): number[]
  /** There is nobody on the other side any more. */
  clearPresence(sessionId: number): void
  /** Sends a new socket the presence that the others were sent. */
  repeatPresence(socket: { send(text: string): void }, sessionId: number): void
  /** The sessions whose other side was last shown as online. */
  onlineSessions(): number[]
  forget(sessionId: number): void
  close(): void
}

/** `of` is the side that is shown. `onDoubt` is called when a presence should be read again soon. */
export function createTypingAndPresence(of: Side, send: Send, onDoubt: () => void): TypingAndPresence {
  const typing = new Map<number, NodeJS.Timeout>()
  const online = new Map<number, boolean>()
  /** Sessions whose presence is to be read again, and whether it is sent even when it has not changed. */
  const doubted = new Map<number, boolean>()

  return {
    showTyping(event: TypingEvent): void {
      const { sessionId } = event
      clearTimeout(typing.get(sessionId))
      typing.delete(sessionId)
      if (event.isTyping) {
        const end = () => {
          typing.delete(sessionId)
          send(sessionId, typingFrame({ ...event, isTyping: false }))
        }
        typing.set(sessionId, setTimeout(end, TYPING_MS))
      }
      send(sessionId, typingFrame(event))
    },
    showPresence(sessionId: number, isOnline: boolean): void {
      const isDue = doubted.get(sessionId) ?? false
      doubted.delete(sessionId)
      if (!isDue && (online.get(sessionId) ?? false) === isOnline) return
      online.set(sessionId, isOnline)
      send(sessionId, presenceFrame({ sessionId, of, isOnline }))
    },
    doubtPresence(sessionId: number, isDue: boolean): void {
      doubted.set(sessionId, isDue || doubted.get(sessionId) === true)
      onDoubt()
    },
    doubtedSessions: () => [...doubted.keys()],
    clearPresence(sessionId: number): void {
      online.delete(sessionId)
      doubted.delete(sessionId)
    },
    repeatPresence(socket: { send(text: string): void }, sessionId: number): void {
      const isOnline = online.get(sessionId) ?? false
      if (isOnline) socket.send(presenceFrame({ sessionId, of, isOnline }))
    },
    onlineSessions: () => [...online].flatMap(([sessionId, isOnline]) => (isOnline ? sessionId : [])),
    forget(sessionId: number): void {
      clearTimeout(typing.get(sessionId))
      typing.delete(sessionId)
      online.delete(sessionId)
      doubted.delete(sessionId)
    },
    close(): void {
      for (const timer of typing.values()) clearTimeout(timer)
      typing.clear()
      online.clear()
      doubted.clear()
    },
  }
}
