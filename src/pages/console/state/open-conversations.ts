import { effect, type ReadonlySignal } from '@preact/signals'
import type { AdminClient } from '../../../client/index.js'
import type { KeptConversations } from '../../conversation/kept-conversations.js'
import { openConversation, type Conversation } from './conversation.js'
import type { Row } from './lists/rows.js'

interface Parts {
  chosen: ReadonlySignal<Conversation | undefined>
  inBrowser: KeptConversations
  rowOf(sessionId: number): Row | undefined
  /** Whether somebody looks at a session now. */
  isLookedAt(sessionId: number): boolean
}

/** The chosen conversation, and those with messages on their way: what becomes of them has to be seen. */
export interface OpenConversations {
  get(sessionId: number): Conversation | undefined
  /** Opens one. It is closed when it is not chosen and all its messages are stored. */
  open(sessionId: number): Conversation
  /** Whether something that is not sent yet would be lost now: nothing but this page has it. */
  wouldLose(): boolean
  close(): void
}

export function createOpenConversations(client: AdminClient, { chosen, inBrowser, rowOf, isLookedAt }: Parts): OpenConversations {
  const kept = new Map<number, Conversation>()

  function open(sessionId: number): Conversation {
    const opened = openConversation(client, sessionId, { row: rowOf(sessionId), inBrowser, isLookedAt })
    const { drafts } = opened.timeline
    const isOver = () => chosen.value !== opened && drafts.value.length === 0
    kept.set(sessionId, opened)
    const stop = effect(() => {
      // Later: it is chosen right after it was opened, and what was stored is first removed from the browser's storage.
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
