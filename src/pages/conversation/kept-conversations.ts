import { effect, signal, type Signal } from '@preact/signals'
import { openAccountStorage, type AccountName, type AccountStorage } from '../browser/account-storage.js'
import { createChosenFiles, type ChosenFiles } from '../files/chosen-files.js'
import type { Draft, Timeline } from './timeline.js'

/**
 * Keeps the unsent texts and unconfirmed messages of an account in the browser's storage, by session. They survive a
 * reload, a crash of the tab, and a new sign-in.
 */
export interface KeptConversations {
  /** Opens the storage of an account. Stored texts fill fields that are still empty. Only the first call has an effect. */
  open(account: AccountName): void
  /** The unsent text of a session. */
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

const WAITING = 'waiting.'

export function createKeptConversations(): KeptConversations {
  const storage = signal<AccountStorage>()
  const texts = new Map<string, Signal<string>>()
  const files = new Map<number, ChosenFiles>()
  const ends: (() => void)[] = []
  let isKeeping = true

  function restoreText(name: string, text: Signal<string>): void {
    const kept = storage.peek()?.read(name)
    if (typeof kept === 'string' && text.peek() === '') text.value = kept
  }

  function textNamed(name: string): Signal<string> {
    const found = texts.get(name)
    if (found) return found
    const text = signal('')
    texts.set(name, text)
    restoreText(name, text)
    ends.push(effect(() => void storage.value?.write(name, text.value || undefined)))
    return text
  }

  function filesOf(sessionId: number): ChosenFiles {
    const chosen = files.get(sessionId) ?? createChosenFiles()
    files.set(sessionId, chosen)
    return chosen
  }

  const nameOf = (sessionId: number, { id }: Pick<Draft, 'id'>) => `${WAITING}${sessionId}.${id}`

  const listWaiting = (sessionId: number) =>
    (storage.value?.list(`${WAITING}${sessionId}.`) ?? []).flatMap(({ value }) => (isDraft(value) ? [value] : []))

  return {
    open(account) {
      if (storage.value !== undefined) return
      const opened = openAccountStorage(account, WAITING)
      // Restore before setting `storage`: that runs the effects, which would overwrite the stored texts with empty ones.
      for (const [name, text] of texts) {
        const kept = opened.read(name)
        if (typeof kept === 'string' && text.value === '') text.value = kept
      }
      storage.value = opened
    },
    textOf: (sessionId) => textNamed(`text.${sessionId}`),
    noteTextOf: (sessionId) => textNamed(`note.${sessionId}`),
    noteAttemptOf: (sessionId) => textNamed(`attempt.${sessionId}`),
    filesOf,
    hasFiles: () => [...files.values()].some(({ chosen }) => chosen.peek().length > 0),
    waiting() {
      const sessionIds = (storage.value?.list(WAITING) ?? []).map(({ name }) => Number(name.split('.')[1]))
      return [...new Set(sessionIds)].filter(Number.isSafeInteger)
    },
    follow(sessionId, timeline) {
      const written = new Map<string, Draft>()
      let isRestored = false
      return effect(() => {
        const opened = storage.value
        if (opened === undefined) return
        if (!isRestored) {
          isRestored = true
          for (const draft of listWaiting(sessionId)) {
            written.set(draft.id, draft)
            timeline.restore(draft)
          }
        }
        const drafts = new Map(timeline.drafts.value.map((draft) => [draft.id, draft]))
        for (const [id, draft] of drafts) {
          const before = written.get(id)
          if (before?.error === draft.error && before?.attachment === draft.attachment && written.has(id)) continue
          written.set(id, draft)
          isKeeping = opened.write(nameOf(sessionId, draft), draft)
        }
        for (const [id, draft] of written) {
          if (drafts.has(id)) continue
          written.delete(id)
          opened.write(nameOf(sessionId, draft), undefined)
        }
      })
    },
    isKeeping: () => isKeeping && storage.value !== undefined,
    close: () => ends.forEach((end) => end()),
  }
}

/** Checks a stored value, which another version of the page may have written. */
function isDraft(value: unknown): value is Draft {
  const { id, content, error, file, attachment } = (value ?? {}) as Partial<Draft>
  const isAbsentOr = (type: string, ...values: unknown[]) =>
    values.every((value) => ['undefined', type].includes(typeof value))
  return (
    typeof id === 'string' &&
    typeof content === 'string' &&
    isAbsentOr('string', error, file?.name, attachment?.attachment_url) &&
    isAbsentOr('object', file, attachment)
  )
}
