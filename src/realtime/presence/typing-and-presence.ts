import type { Side } from '../../protocol/account.js'
import type { TypingEvent } from '../../events/events.js'
import { presenceFrame, typingFrame } from '../../events/event-frames.js'

const TYPING_MS = 6000

type Send = (sessionId: number, frame: string) => void

/**
 * What one side's sockets are shown of the other side (`of`) at the moment: who types, who is online. Nothing of it is stored.
 * Typing ends by itself, so that it cannot stay on when its end gets lost; presence is told when it differs from what was
 * told before.
 */
export function createTypingAndPresence(of: Side, send: Send, onDoubt: () => void) {
  const typing = new Map<number, NodeJS.Timeout>()
  const online = new Map<number, boolean>()
  /** Sessions to look at soon, and whether their presence is told even where it is the same as before. */
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
    /**
     * It is not known whether what was told is still true: soon somebody looks, by `onDoubt`. `isDue` when it is owed in
     * any case, because others see it now, or see somebody else.
     */
    doubtPresence(sessionId: number, isDue: boolean): void {
      doubted.set(sessionId, isDue || doubted.get(sessionId) === true)
      onDoubt()
    },
    doubtedSessions: () => [...doubted.keys()],
    /** There is nobody on the other side. */
    clearPresence(sessionId: number): void {
      online.delete(sessionId)
      doubted.delete(sessionId)
    },
    /** Tells a new socket what those before it were told. */
    repeatPresence(socket: { send(text: string): void }, sessionId: number): void {
      const isOnline = online.get(sessionId) ?? false
      if (isOnline) socket.send(presenceFrame({ sessionId, of, isOnline }))
    },
    /** The sessions whose other side was last told to be online. */
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

export type TypingAndPresence = ReturnType<typeof createTypingAndPresence>
