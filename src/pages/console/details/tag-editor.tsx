import { useRef } from 'preact/hooks'
import { useKeptFocus } from '../../browser/keep-focus.js'
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

export function PriorityField({ desk, conversation }: EditorProps) {
  const { priority } = conversation
  const set = async (select: HTMLSelectElement) => {
    const chosen = Number(select.value)
    await desk.editDetails(conversation, () => ({ priority: chosen }))
    // After a failure the value is the one before, which renders nothing.
    select.value = String(priority.value)
  }
  return (
    <label>
      {translate('priority.label')}
      <select value={priority.value} data-priority onChange={({ currentTarget }) => void set(currentTarget)}>
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
export function TagEditor({ desk, conversation }: EditorProps) {
  const { tags } = conversation
  const section = useRef<HTMLElement>(null)
  useKeptFocus(section, { items: 'li, form', control: 'button, input' })
  const edit = (change: (now: readonly string[]) => string[]) =>
    void desk.editDetails(conversation, (now) => ({ tags: change(now.tags) }))
  return (
    <section class="tag-editor" ref={section}>
      <h4>{translate('tags.title')}</h4>
      <ul class="chips">
        {tags.value.map((tag) => (
          <li key={tag} class="chip">
            <bdi>{tag}</bdi>
            <button
              type="button"
              class="quiet"
              aria-label={translate('tags.remove', { tag })}
              onClick={() => edit((now) => now.filter((other) => other !== tag))}
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
            if (!tags.value.includes(tag)) edit((now) => [...new Set([...now, tag])])
          }}
        />
      )}
    </section>
  )
}
