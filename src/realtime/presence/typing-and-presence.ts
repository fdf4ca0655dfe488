import type { Side } from '../../protocol/account.js'
import type { Parties, TypingEvent } from '../../events/events.js'
import { presenceFrame, typingFrame } from '../../events/event-frames.js'

const TYPING_MS = 6000

export interface TypingAndPresenceOptions {
  /** The side that is shown. */
  of: Side
  /** Sends a frame to the sockets here that see a session. */
  send(parties: Parties, frame: string): void
  /** The parties of a session as its sockets here know them; undefined where the session is not known here. */
  findParties(sessionId: number): Parties | undefined
  /** Called when a presence should be read again soon. */
  onDoubt(): void
}

/**
 * What one side's sockets are shown of the other side: who is typing, and who is online. Nothing of it is stored. Memory is
 * used only for sessions that are shown as online, or where somebody types.
 */
export interface TypingAndPresence {
  /** Shows that somebody types, or has stopped. Typing ends by itself after 6 s, in case its end is lost. */
  showTyping(event: TypingEvent): void
  /** The frame that ends the typing which is shown in a session; undefined where nobody types. */
  typingEndOf(sessionId: number): string | undefined
  /** Shows a presence that was read or published, unless it is the one that was sent before. */
  showPresence(parties: Parties, isOnline: boolean): void
  /**
   * Asks for the presence to be read again soon. With `isDue` it is then sent even when it is the same as before: others
   * see the session now, or it has another holder.
   */
  doubtPresence(parties: Parties, isDue: boolean): void
  doubtedSessions(): Parties[]
  /** There is nobody on the other side any more, or nobody who is shown it. */
  clearPresence(sessionId: number): void
  /** The session has another holder. */
  changeHolder(parties: Parties): void
  /** Sends a new socket the presence that the others were sent. */
  repeatPresence(socket: { send(text: string): void }, sessionId: number): void
  /** The sessions whose other side was last shown as online. */
  onlineSessions(): Parties[]
  forget(sessionId: number): void
  close(): void
}

export function createTypingAndPresence(options: TypingAndPresenceOptions): TypingAndPresence {
  const { of, send, findParties, onDoubt } = options
  const typing = new Map<number, { event: TypingEvent; timer: NodeJS.Timeout }>()
  const online = new Map<number, Parties>()
  /** Sessions whose presence is to be read again, and whether it is sent even when it has not changed. */
  const doubted = new Map<number, { parties: Parties; isDue: boolean }>()

  const endOf = (event: TypingEvent) => typingFrame({ ...event, isTyping: false })

  function clearTyping(sessionId: number): void {
    clearTimeout(typing.get(sessionId)?.timer)
    typing.delete(sessionId)
  }

  return {
    showTyping(event) {
      const { sessionId } = event
      clearTyping(sessionId)
      if (event.isTyping) {
        const end = () => {
          typing.delete(sessionId)
          send(event, endOf(event))
        }
        typing.set(sessionId, { event, timer: setTimeout(end, TYPING_MS) })
      }
      send(event, typingFrame(event))
    },
    typingEndOf(sessionId) {
      const shown = typing.get(sessionId)
      return shown && endOf(shown.event)
    },
    showPresence(parties, isOnline) {
      const { sessionId } = parties
      const isDue = doubted.get(sessionId)?.isDue === true
      doubted.delete(sessionId)
      if (!isDue && online.has(sessionId) === isOnline) return
      const { storeId, holderId } = findParties(sessionId) ?? parties
      if (isOnline) online.set(sessionId, { sessionId, storeId, holderId })
      else online.delete(sessionId)
      send(parties, presenceFrame({ sessionId, of, isOnline }))
    },
    doubtPresence({ sessionId, storeId, holderId }, isDue) {
      const wasDue = doubted.get(sessionId)?.isDue === true
      doubted.set(sessionId, { parties: { sessionId, storeId, holderId }, isDue: isDue || wasDue })
      onDoubt()
    },
    doubtedSessions: () => [...doubted.values()].map(({ parties }) => parties),
    clearPresence(sessionId) {
      online.delete(sessionId)
      doubted.delete(sessionId)
    },
    changeHolder({ sessionId, holderId }) {
      const parties = online.get(sessionId)
      if (parties) parties.holderId = holderId
    },
    repeatPresence(socket, sessionId) {
      if (online.has(sessionId)) socket.send(presenceFrame({ sessionId, of, isOnline: true }))
    },
    onlineSessions: () => [...online.values()],
    forget(sessionId) {
      clearTyping(sessionId)
      online.delete(sessionId)
      doubted.delete(sessionId)
    },
    close() {
      for (const { timer } of typing.values()) clearTimeout(timer)
      typing.clear()
      online.clear()
      doubted.clear()
    },
  }
}
