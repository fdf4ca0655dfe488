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
  const keep = (kept: typeof online, { sender_type, session_id }: Presence | Typing, is: boolean) => {
    if (sender_type !== 'store') return
    const next = new Set(kept.value)
    if (is) next.add(session_id)
    else next.delete(session_id)
    kept.value = next
  }
  client.on('presence', (event) => keep(online, event, event.online))
  client.on('typing', (event) => keep(typing, event, event.is_typing))
  return { online, typing }
}
