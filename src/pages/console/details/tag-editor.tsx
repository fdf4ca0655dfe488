import { translate } from '../../languages/translate.js'
import { priorities } from '../lists/tag-chips.js'
import { TagInput } from '../lists/tag-input.js'
import type { Conversation } from '../state/conversation.js'
import type { Desk } from '../state/desk.js'

interface EditorProps {
  desk: Desk
  conversation: Conversation
}

const MOST_TAGS = 10

export function PriorityField({ desk, conversation: { id, priority } }: EditorProps) {
  return (
    <label>
      {translate('priority.label')}
      <select
        value={priority.value}
        data-priority
        onChange={({ currentTarget }) => void desk.setDetails(id, { priority: Number(currentTarget.value) })}
      >
        {priorities.map(({ name, priority }) => (
          <option key={priority} value={priority}>
            {translate(name)}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Edits the tags of a session. They are visible to admins only. */
export function TagEditor({ desk, conversation: { id, tags } }: EditorProps) {
  const set = (next: readonly string[]) => void desk.setDetails(id, { tags: next })
  return (
    <section class="tag-editor">
      <h4>{translate('tags.title')}</h4>
      <ul class="chips">
        {tags.value.map((tag) => (
          <li key={tag} class="chip">
            <bdi>{tag}</bdi>
            <button
              type="button"
              class="quiet"
              aria-label={translate('tags.remove', { tag })}
              onClick={() => set(tags.value.filter((other) => other !== tag))}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      {tags.value.length < MOST_TAGS && (
        <TagInput
          action={translate('tags.set')}
          onFocus={desk.book.counts.refresh}
          onTag={(tag) => {
            if (!tags.value.includes(tag)) set([...tags.value, tag])
          }}
        />
      )}
    </section>
  )
}
