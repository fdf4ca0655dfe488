import { noteFrame, sessionDetailsFrame } from '../../events/event-frames.js'
import type { ChatEvent, NoteEvent, SessionDetailsEvent } from '../../events/events.js'
import { createCache } from '../../memory/create-cache.js'
import type { Connection } from '../connections/connection.js'

/** Sessions whose last change of details is remembered: only events of a moment can overtake each other. */
const MAX_SESSIONS_REMEMBERED = 10_000

/** Sends this node's admins what only admins may know. These frames have no `seq`; who was away reads again. */
export interface DeskBroadcast {
  /**
   * Takes an event of details or of a note; of another it returns false. Details go to every admin, unless newer ones of the
   * session were sent: pub/sub keeps no order between nodes. A note goes to the admins who may read its session by their
   * present role, and to its author.
   */
  receive(event: ChatEvent): boolean
}

/** `connections` gives the sockets of all admins on this node. */
export function createDeskBroadcast(connections: () => Iterable<Connection>): DeskBroadcast {
  const changedAt = createCache<number, number>(MAX_SESSIONS_REMEMBERED)

  function sendDetails(event: SessionDetailsEvent): void {
    if (event.changedAt <= (changedAt.get(event.sessionId) ?? -Infinity)) return
    changedAt.set(event.sessionId, event.changedAt)
    const frame = sessionDetailsFrame(event)
    for (const connection of connections()) connection.send(frame)
  }

  function sendNote(event: NoteEvent): void {
    const { holderId, note } = event
    const frame = noteFrame(event)
    for (const connection of connections()) {
      const { id, role } = connection.account
      const mayRead = holderId === null || id === holderId || role === 'supervisor'
      if (mayRead || id === note.admin_id) connection.send(frame)
    }
  }

  return {
    receive(event) {
      if ('sessionDetails' in event) sendDetails(event.sessionDetails)
      else if ('note' in event) sendNote(event.note)
      else return false
      return true
    },
  }
}
