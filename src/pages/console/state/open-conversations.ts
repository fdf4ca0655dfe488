import { effect, type ReadonlySignal } from '@preact/signals'
import type { AdminClient } from '../../../client/index.js'
import type { KeptConversations } from '../../conversation/kept/kept-conversations.js'
import { openConversation, type Conversation } from './conversation.js'
import type { Row } from './lists/rows.js'

interface Parts {
  chosen: ReadonlySignal<Conversation | undefined>
  inBrowser: KeptConversations
  rowOf(sessionId: number): Row | undefined
  /** Whether the admin looks at a session now. */
  isLookedAt(sessionId: number): boolean
}

/** The chosen conversation, and conversations with unconfirmed messages, which stay open so that failures are shown. */
export interface OpenConversations {
  get(sessionId: number): Conversation | undefined
  /** Opens a conversation. It is closed when it is not chosen and all its messages are stored. */
  open(sessionId: number): Conversation
  /** Whether leaving the page would lose unsent messages or files. */
  wouldLose(): boolean
  close(): void
}

export function createOpenConversations(
  client: AdminClient,
  { chosen, inBrowser, rowOf, isLookedAt }: Parts,
): OpenConversations {
  const kept = new Map<number, Conversation>()

  function open(sessionId: number): Conversation {
    const opened = openConversation(client, sessionId, { row: rowOf(sessionId), inBrowser, isLookedAt })
    const { drafts } = opened.timeline
    const isOver = () => chosen.value !== opened && drafts.value.length === 0
    kept.set(sessionId, opened)
    const stop = effect(() => {
      // Deferred, because the caller chooses the conversation right after opening it, and because stored messages must
      // first be removed from the browser's storage.
      if (isOver()) queueMicrotask(leave)
    })
    function leave(): void {
      if (kept.get(sessionId) !== opened || !isOver()) return
      stop()
      kept.delete(sessionId)
      opened.close()
    }
    return opened
  }

  return {
    get: (sessionId) => kept.get(sessionId),
    open,
    wouldLose() {
      const timelines = [...kept.values()].map(({ timeline }) => timeline)
      const isUnkept = !inBrowser.isKeeping() && timelines.some(({ drafts }) => drafts.value.length > 0)
      return isUnkept || timelines.some(({ outgoing }) => outgoing.isUploading()) || inBrowser.hasFiles()
    },
    close() {
      for (const conversation of kept.values()) conversation.close()
      kept.clear()
    },
  }
}
