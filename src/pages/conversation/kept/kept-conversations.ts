import { signal, type Signal } from '@preact/signals'
import { openAccountStorage, type AccountName, type AccountStorage } from '../../browser/account-storage.js'
import { createChosenFiles, type ChosenFiles } from '../../files/chosen-files.js'
import { keepDrafts, WAITING } from './kept-drafts.js'
import { createKeptTexts } from './kept-texts.js'
import type { Timeline } from '../timeline.js'

/**
 * Keeps the unsent texts and unconfirmed messages of an account in the browser's storage, by session. They survive a
 * reload, a crash of the tab, and a new sign-in.
 */
export interface KeptConversations {
  /** Opens the storage of an account. Stored texts fill fields that are still empty. Only the first call has an effect. */
  open(account: AccountName): void
  /** The unsent text of a session. Each tab of the browser keeps its own. */
  textOf(sessionId: number): Signal<string>
  /** The unsaved note of a session, separate from the text, so that a note never reaches the store. */
  noteTextOf(sessionId: number): Signal<string>
  /** The note that was last submitted, with the id that makes a repeated submission idempotent. */
  noteAttemptOf(sessionId: number): Signal<string>
  /** The files to send with the text. They are only in memory, so they are lost when the page is left. */
  filesOf(sessionId: number): ChosenFiles
  /** Whether any session has chosen files. */
  hasFiles(): boolean
  /** The ids of the sessions with unconfirmed messages in the storage. */
  waiting(): number[]
  /**
   * Sends the stored messages of a session again, and stores the drafts of its timeline from now on. Returns a function
   * that stops this.
   */
  follow(sessionId: number, timeline: Timeline): () => void
  /** Whether the browser has stored the last draft. False before `open`. */
  isKeeping(): boolean
  close(): void
}

export function createKeptConversations(): KeptConversations {
  const storage = signal<AccountStorage>()
  const texts = createKeptTexts(storage)
  const files = new Map<number, ChosenFiles>()
  let isKeeping = true

  function filesOf(sessionId: number): ChosenFiles {
    const chosen = files.get(sessionId) ?? createChosenFiles()
    files.set(sessionId, chosen)
    return chosen
  }

  return {
    open(account) {
      if (storage.value !== undefined) return
      const opened = openAccountStorage(account, WAITING)
      // Restore before setting `storage`: that runs the effects, which would overwrite the stored texts with empty ones.
      texts.restore(opened)
      storage.value = opened
    },
    textOf: (sessionId) => texts.of(`text.${sessionId}`),
    noteTextOf: (sessionId) => texts.of(`note.${sessionId}`),
    noteAttemptOf: (sessionId) => texts.of(`attempt.${sessionId}`),
    filesOf,
    hasFiles: () => [...files.values()].some(({ chosen }) => chosen.peek().length > 0),
    waiting() {
      const sessionIds = (storage.value?.list(WAITING) ?? []).map(({ name }) => Number(name.split('.')[1]))
      return [...new Set(sessionIds)].filter(Number.isSafeInteger)
    },
    follow: (sessionId, timeline) =>
      keepDrafts(storage, { sessionId, timeline, onStored: (isStored) => (isKeeping = isStored) }),
    isKeeping: () => isKeeping && storage.value !== undefined,
    close: texts.close,
  }
}
