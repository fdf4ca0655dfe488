import { now } from '../environment/clock.js'
import type { Events } from './events.js'
import type { Presence, Typing } from '../../protocol/wire.js'

/** The server ends typing by itself after 6 s, so that it is renewed more often than that. */
const RENEW_TYPING_MS = 3000

/** Who types and who is online. Both end with the connection. */
export interface TypingAndPresence {
  presence(presence: Presence): void
  typing(event: Typing): void
  /** May be called for every key: sends a frame only when there is something new to say. */
  sendTyping(isTyping: boolean, sessionId: number | undefined, send: (payload: object) => void): void
  /** Reports that nobody types or is online any more. */
  disconnected(): void
}

export function createTypingAndPresence(events: Events<{ presence: Presence; typing: Typing }>): TypingAndPresence {
  const online = new Map<number, Presence>()
  const typing = new Map<number, Typing>()
  const sent = new Map<number, number>()

  return {
    presence(presence) {
      if (presence.online) online.set(presence.session_id, presence)
      else online.delete(presence.session_id)
      events.emit('presence', presence)
    },
    typing(event) {
      if (event.is_typing) typing.set(event.session_id, event)
      else typing.delete(event.session_id)
      events.emit('typing', event)
    },
    sendTyping(isTyping, sessionId, send) {
      const key = sessionId ?? 0
      const sentAt = sent.get(key)
      if (isTyping ? sentAt !== undefined && now() - sentAt < RENEW_TYPING_MS : sentAt === undefined) return
      if (isTyping) sent.set(key, now())
      else sent.delete(key)
      send({ is_typing: isTyping, ...(sessionId !== undefined && { session_id: sessionId }) })
    },
    disconnected() {
      const wasOnline = [...online.values()]
      const wasTyping = [...typing.values()]
      for (const map of [online, typing, sent]) map.clear()
      for (const event of wasTyping) events.emit('typing', { ...event, is_typing: false })
      for (const event of wasOnline) events.emit('presence', { ...event, online: false })
    },
  }
}
