import type { AdminClient, SessionDetails } from '../../../client/index.js'
import { describeError } from '../../shared/describe-error.js'
import type { Conversation } from './conversation.js'
import type { Toasts } from './toasts.js'

/**
 * Changes the tags or the priority of a session, which only admins see. `change` gets the present values. Changes of one
 * session are made one after the other, because each replaces all tags. A failure is shown as a toast.
 */
export type EditDetails = (
  conversation: Conversation,
  change: (now: SessionDetails) => Partial<SessionDetails>,
) => Promise<void>

type Changed = (details: SessionDetails & { session_id: number }) => void

export function createDetailsEditor(client: AdminClient, toasts: Toasts, onChange: Changed): EditDetails {
  const last = new WeakMap<Conversation, Promise<void>>()

  async function edit(conversation: Conversation, change: Parameters<EditDetails>[1]): Promise<void> {
    const { id, tags, priority, changeDetails } = conversation
    try {
      const changed = await client.updateSession(id, change({ tags: [...tags.value], priority: priority.value }))
      const details = { session_id: id, tags: changed.tags, priority: changed.priority }
      // The conversation may have been left, with another change to make.
      for (const listener of [changeDetails, onChange]) listener(details)
    } catch (error) {
      toasts.add(describeError(error))
    }
  }

  return (conversation, change) => {
    const done = (last.get(conversation) ?? Promise.resolve()).then(() => edit(conversation, change))
    last.set(conversation, done)
    return done
  }
}
