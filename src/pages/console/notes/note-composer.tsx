import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { isComposing, isTouchScreen } from '../../browser/keys.js'
import { translate } from '../../languages/translate.js'
import { describeError } from '../../shared/describe-error.js'
import { Problem } from '../../shared/problem.js'
import type { Conversation } from '../state/conversation.js'
import type { Desk } from '../state/desk.js'

const LONGEST_TEXT = 10_000
const TALLEST_PX = 160

interface NoteComposerProps {
  desk: Desk
  conversation: Conversation
  /** Switches back to the message to the store. */
  onLeave: () => void
}

/**
 * Writes a note. Its text is separate from that of the message, so that a note is never sent to the store. Enter saves, as
 * it sends in the message field.
 */
export function NoteComposer({ desk, conversation, onLeave }: NoteComposerProps) {
  const text = desk.noteTextOf(conversation.id)
  const field = useRef<HTMLTextAreaElement>(null)
  const isBusy = useSignal(false)
  const problem = useSignal<string>()
  useLayoutEffect(() => field.current?.focus(), [])
  useLayoutEffect(() => {
    if (!field.current) return
    field.current.style.height = 'auto'
    field.current.style.height = `${Math.min(field.current.scrollHeight, TALLEST_PX)}px`
  }, [text.value])

  const save = async () => {
    const content = text.value
    if (content.trim() === '' || isBusy.value) return
    isBusy.value = true
    problem.value = undefined
    try {
      await conversation.notes.write(content)
      if (text.value === content) text.value = ''
    } catch (error) {
      problem.value = describeError(error)
    }
    isBusy.value = false
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return
    if (event.key === 'Enter' && !event.shiftKey && !isTouchScreen()) {
      event.preventDefault()
      void save()
    }
    if (event.key === 'Escape') onLeave()
  }
  return (
    <form
      class="note-composer"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Problem of={problem} isPlain />
      <textarea
        ref={field}
        rows={2}
        dir={text.value === '' ? undefined : 'auto'}
        aria-label={translate('notes.label')}
        placeholder={translate('notes.label')}
        maxLength={LONGEST_TEXT}
        value={text.value}
        onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        onKeyDown={onKeyDown}
        data-note
      />
      <button type="submit" class="primary save-note" disabled={text.value.trim() === '' || isBusy.value}>
        {translate('notes.save')}
      </button>
    </form>
  )
}
