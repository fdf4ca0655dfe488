import { batch, effect, type ReadonlySignal } from '@preact/signals'
import type { AccountStorage } from '../../browser/account-storage.js'
import { holdLock, waitForLock } from '../../browser/page-locks.js'
import type { Draft, Timeline } from '../timeline.js'

/** The prefix of the names of unconfirmed messages in the storage. */
export const WAITING = 'waiting.'

const nameOf = (sessionId: number, { id }: Pick<Draft, 'id'>) => `${WAITING}${sessionId}.${id}`
const lockOf = ({ id }: Pick<Draft, 'id'>) => `file.${id}`
const needsFile = ({ file, attachment }: Draft) => file !== undefined && attachment === undefined

/**
 * Sends the stored messages of a session again, and stores the drafts of its timeline from now on. Only the page in which a
 * file was chosen can upload it: it holds a lock until then, and other pages wait for that lock before they say that the
 * file is lost. `onStored` is called with whether the browser has stored a draft. Returns a function that stops this.
 */
export function keepDrafts(
  storage: ReadonlySignal<AccountStorage | undefined>,
  { sessionId, timeline, onStored }: { sessionId: number; timeline: Timeline; onStored: (isStored: boolean) => void },
): () => void {
  const written = new Map<string, Draft>()
  const locks = new Map<string, () => void>()
  const end = new AbortController()
  let isRestored = false

  async function restore(opened: AccountStorage, draft: Draft): Promise<void> {
    written.set(draft.id, draft)
    if (!needsFile(draft)) {
      timeline.restore(draft)
      return
    }
    timeline.showDraft(draft)
    await waitForLock(lockOf(draft), end.signal)
    const kept = opened.read(nameOf(sessionId, draft))
    batch(() => {
      timeline.discard(draft)
      if (isDraft(kept)) timeline.restore(kept)
    })
  }

  function release(id: string): void {
    locks.get(id)?.()
    locks.delete(id)
  }

  function keep(opened: AccountStorage, draft: Draft): void {
    const { id, error, attachment } = draft
    const before = written.get(id)
    const isLocked = needsFile(draft) && timeline.canSend(draft)
    if (isLocked && !locks.has(id)) locks.set(id, holdLock(lockOf(draft)))
    if (before === undefined || before.error !== error || before.attachment !== attachment) {
      written.set(id, draft)
      onStored(opened.write(nameOf(sessionId, draft), draft))
    }
    if (!isLocked) release(id)
  }

  const stop = effect(() => {
    const opened = storage.value
    if (opened === undefined) return
    if (!isRestored) {
      isRestored = true
      for (const { value } of opened.list(`${WAITING}${sessionId}.`)) {
        // A page that is left stops waiting.
        if (isDraft(value)) restore(opened, value).catch(() => undefined)
      }
    }
    const drafts = new Map(timeline.drafts.value.map((draft) => [draft.id, draft]))
    for (const draft of drafts.values()) keep(opened, draft)
    for (const [id, draft] of written) {
      if (drafts.has(id)) continue
      written.delete(id)
      opened.write(nameOf(sessionId, draft), undefined)
      release(id)
    }
  })
  return () => {
    stop()
    end.abort()
    for (const id of locks.keys()) release(id)
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
