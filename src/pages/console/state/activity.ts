import { signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, Presence, Typing } from '../../../client/index.js'

/** The ids of the sessions whose store is online, and of those whose store is typing. */
export interface Activity {
  online: ReadonlySignal<ReadonlySet<number>>
  typing: ReadonlySignal<ReadonlySet<number>>
}

export function followActivity(client: AdminClient): Activity {
  const online = signal<ReadonlySet<number>>(new Set())
  const typing = signal<ReadonlySet<number>>(new Set())
  const change = (kept: typeof online, sessionId: number, is: boolean) => {
    if (kept.value.has(sessionId) === is) return
    const next = new Set(kept.value)
    if (is) next.add(sessionId)
    else next.delete(sessionId)
    kept.value = next
  }
  const keep = (kept: typeof online, { sender_type, session_id }: Presence | Typing, is: boolean) => {
    if (sender_type === 'store') change(kept, session_id, is)
  }
  client.on('presence', (event) => keep(online, event, event.online))
  client.on('typing', (event) => keep(typing, event, event.is_typing))
  // In a session that another admin holds, nobody tells of the store's coming and going.
  client.on('session', ({ id, status, admin_id }) => {
    if (status === 'open' || (status === 'claimed' && admin_id === client.account?.id)) return
    change(online, id, false)
    change(typing, id, false)
  })
  return { online, typing }
}
