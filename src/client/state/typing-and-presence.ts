import type { Events } from './events.js'
import type { Presence, Typing } from '../../protocol/wire.js'

/** The server ends typing by itself after 6 s; so often it is renewed. */
const RENEW_TYPING_MS = 3000

/** What is true now or not at all: who types, who is there. Nothing of it outlives the connection it was told by. */
export function createTypingAndPresence(events: Events<{ presence: Presence; typing: Typing }>) {
  const online = new Map<number, Presence>()
  const typing = new Map<number, Typing>()
  const sent = new Map<number, number>()

  return {
    presence(presence: Presence): void {
      if (presence.online) online.set(presence.session_id, presence)
      else online.delete(presence.session_id)
      events.emit('presence', presence)
    },
    typing(event: Typing): void {
      if (event.is_typing) typing.set(event.session_id, event)
      else typing.delete(event.session_id)
      events.emit('typing', event)
    },
    /** May be called for every key: says it seldom. */
    send(isTyping: boolean, sessionId: number | undefined, send: (payload: object) => void): void {
      const key = sessionId ?? 0
      const sentAt = sent.get(key)
      if (isTyping ? sentAt !== undefined && Date.now() - sentAt < RENEW_TYPING_MS : sentAt === undefined) return
      if (isTyping) sent.set(key, Date.now())
      else sent.delete(key)
      send({ is_typing: isTyping, ...(sessionId !== undefined && { session_id: sessionId }) })
    },
    lost(): void {
      const wasOnline = [...online.values()]
      const wasTyping = [...typing.values()]
      for (const told of [online, typing, sent]) told.clear()
      for (const event of wasTyping) events.emit('typing', { ...event, is_typing: false })
      for (const event of wasOnline) events.emit('presence', { ...event, online: false })
    },
  }
}
