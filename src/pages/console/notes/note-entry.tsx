import type { Note } from '../../../client/index.js'
import { translate, translateWith } from '../../languages/translate.js'
import type { Insert } from '../../conversation/log-items.js'
import { showTime } from '../../text/times.js'
import { describeError } from '../../shared/describe-error.js'
import type { Conversation } from '../state/conversation.js'
import type { Desk } from '../state/desk.js'

/** The notes of a conversation as inserts for the message log. */
export function listNotes(desk: Desk, conversation: Conversation): Insert[] {
  return conversation.notes.all.value.map((note) => ({
    key: `note ${note.id}`,
    created: note.created,
    content: <NoteEntry note={note} desk={desk} conversation={conversation} />,
  }))
}

interface NoteProps {
  note: Note
  desk: Desk
  conversation: Conversation
}

function NoteEntry({ note, desk, conversation }: NoteProps) {
  const mayRemove = note.admin_id === desk.book.ownId.value || desk.book.isSupervisor.value
  const remove = () =>
    conversation.notes.remove(note.id).catch((error: unknown) => desk.toasts.add(describeError(error)))
  return (
    <article class="note" aria-label={translate('notes.one')}>
      <p class="note-head">
        <span class="kind">{translate('notes.one')}</span>
        <span>
          {translateWith('notes.by', { name: <bdi>{note.admin_name}</bdi> })}{' '}
          <time dateTime={note.created}>{showTime(note.created)}</time>
        </span>
        {mayRemove && (
          <button type="button" class="link" onClick={() => void remove()}>
            {translate('notes.remove')}
          </button>
        )}
      </p>
      <p class="note-text" dir="auto">
        {note.content}
      </p>
    </article>
  )
}
