import { effect, signal, type Signal } from '@preact/signals'
import { openAccountStorage, type AccountName, type AccountStorage } from '../browser/account-storage.js'
import { createChosenFiles, type ChosenFiles } from '../files/chosen-files.js'
import type { Draft, Timeline } from './timeline.js'

/**
 * What an account is writing, and what it has sent and is not stored yet: kept in this browser, by session, until it is
 * stored. It survives a reload, a crash of the tab, and signing in again.
 */
export interface KeptConversations {
  /** Whose conversations these are. What was kept is there from now on; what was written before stays. */
  open(account: AccountName): void
  /** What is being written to a session. */
  textOf(sessionId: number): Signal<string>
  /** A note that is being written on a session. It is never the text that is sent. */
  noteTextOf(sessionId: number): Signal<string>
  /** The note that was last tried, with the id that stores it once. */
  noteAttemptOf(sessionId: number): Signal<string>
  /** The files that are chosen to be sent with it. They do not survive the page: nothing keeps them but its memory. */
  filesOf(sessionId: number): ChosenFiles
  /** Whether files are chosen for any session. */
  hasFiles(): boolean
  /** The sessions with messages that wait. */
  waiting(): number[]
  /** Sends what waits of a session, and keeps what is sent from now on, until the returned function is called. */
  follow(sessionId: number, timeline: Timeline): () => void
  /** Whether the browser keeps what is sent. */
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
      // Before anything is written over it.
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

/** Another version of the page may have written it. */
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
